import { describe, expect, it } from 'vitest';
import { wordsIn } from '../../app/languages/words-in.ts';
import { keyNow } from '../../store/points.ts';
import { openTestStudio } from '../../store/studio.test-support.ts';
import { reportCharts } from '../charts/report-charts.ts';
import { reportHtml } from './report.ts';
import { reportData } from './report-data.ts';

async function report(language: 'en' | 'ko', name = 'fashion.onnx') {
  const { studio, scheduler, state } = await openTestStudio();
  studio.actions.setPruning(0.5);
  await scheduler.advance(60_000);
  const { model, points, settings, data, history } = state();
  const point = points.find((each) => each.key === keyNow(state(), history.present));
  if (model === undefined || point === undefined) throw new Error('nothing measured');
  const verified = { maxAbsDifference: 0, samples: 64, bytes: 812_400, sha256: 'ab'.repeat(32) };
  const content = reportData({
    model: { ...model, name },
    points,
    settings,
    data,
    point,
    verified,
  });
  const words = wordsIn(language);
  const charts = reportCharts(state(), words);
  return { content, charts, points, html: reportHtml(content, charts, words) };
}

describe('the report', () => {
  it('holds the numbers of both sides, the recipe and the check', async () => {
    const { html, content } = await report('en');
    expect(content.before?.accuracy?.value).toBe(0.921);
    expect(html).toContain('92.1');
    expect(html).toContain('&quot;ratio&quot;: 0.5');
    expect(html).toContain('ab'.repeat(32));
  });

  it('draws every point that has both numbers, and says how many have not', async () => {
    const { html, charts, points } = await report('en');
    const [first = ''] = html.match(/<svg.*?<\/svg>\s*<figcaption>/s) ?? [];
    const measured = points.filter((point) => point.evaluation.measurements.accuracy !== undefined);
    expect(first.match(/<title>/g)).toHaveLength(measured.length);
    expect(first).toContain('<title>Original');
    expect(charts.length).toBeGreaterThanOrEqual(3);
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('needs nothing from outside and runs nothing', async () => {
    const { html } = await report('ko');
    const namespace = 'xmlns="http://www.w3.org/2000/svg"';
    expect(html.replaceAll(namespace, '')).not.toMatch(/<script|<link|<img|https?:|@import|url\(/);
    expect(html).toContain('<html lang="ko">');
    expect(html).toContain('검증');
  });

  it('escapes what comes from a file', async () => {
    const { html } = await report('en', '<img src=x onerror=alert(1)>.onnx');
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;.onnx');
  });
});
