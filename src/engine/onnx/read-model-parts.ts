import type { Part } from '../core/index.ts';
import type { LocalFunction } from '../graph/index.ts';
import type { ReadContext } from './drafts.ts';
import { externalInside } from './hidden-tensors.ts';
import type { RawNotes } from './notes.ts';
import { entryTags, functionTags, opsetTags } from './schema.ts';

/** The small messages of ModelProto: operator sets, metadata, functions. */

export function readOpset(
  { c }: ReadContext,
  outer: number,
): { domain: string; version: number; raw: Part } {
  c.enter('opset_import');
  const end = c.length(outer) + c.pos;
  const start = c.pos;
  let domain = '';
  let version: number | bigint = 0;
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === opsetTags.domain) domain = c.text(end);
    else if (tag === opsetTags.version) version = c.int64(end);
    else c.skip(tag, end);
  }
  if (domain === 'ai.onnx') domain = '';
  if (version < 0 || version > 0x7fffffff)
    c.fail('onnx/malformed', `version ${version} of domain "${domain}"`, start);
  c.leave();
  return { domain, version: Number(version), raw: c.part(start, end) };
}

export function readEntry(
  { c }: ReadContext,
  outer: number,
): { key: string; value: string; raw: Part } {
  const end = c.length(outer) + c.pos;
  const start = c.pos;
  let key = '';
  let value = '';
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === entryTags.key) key = c.text(end);
    else if (tag === entryTags.value) value = c.text(end);
    else c.skip(tag, end);
  }
  return { key, value, raw: c.part(start, end) };
}

/** The body stays encoded; its tensors are checked and the operators it calls are noted. */
export function readFunction({ c, files }: ReadContext, outer: number): LocalFunction {
  const end = c.length(outer) + c.pos;
  const start = c.pos;
  let name = '';
  let domain = '';
  let overload = '';
  while (c.pos < end) {
    const tag = c.tag(end);
    if (tag === functionTags.name) name = c.text(end);
    else if (tag === functionTags.domain) domain = c.text(end);
    else if (tag === functionTags.overload) overload = c.text(end);
    else c.skip(tag, end);
  }
  const calls = new Set<string>();
  const external = externalInside(c, 'function', start, end, files, (callDomain, opType) => {
    calls.add(`${callDomain}:${opType}`);
  });
  const notes: RawNotes = { raw: c.part(start, end), external };
  return { domain, name, overload, calls: [...calls], opaque: notes };
}
