import { describe, expect, it } from 'vitest';
import { mailText } from './mail-text.ts';

const message = (headers: readonly string[], body: string): string =>
  `From x Thu Aug 22 12:36:23 2002\nReceived: from nowhere\n${headers.join('\n')}\n\n${body}`;

describe('mailText', () => {
  it.each<[string, string, string]>([
    [
      'plain text',
      message(['Subject: Hello'], 'How  are\t you?\r\n\r\n\r\nBye'),
      'Hello\nHow are you?\nBye',
    ],
    [
      'folded and encoded subjects',
      message(['Subject: =?iso-8859-1?Q?Gr=FC=DFe?=', '\t=?utf-8?B?QUJD?= now'], 'x'),
      'GrüßeABC now\nx',
    ],
    [
      'quoted-printable HTML',
      message(
        [
          'Subject: Offer',
          'Content-Type: text/html',
          'Content-Transfer-Encoding: quoted-printable',
        ],
        '<html><style>p {color: red}</style><p>Save <b>70=25</b> &amp; mor=\ne&nbsp;&#33;</p><!-- no -->',
      ),
      'Offer\nSave 70% & more !',
    ],
    [
      'base64',
      message(
        ['Subject: B', 'Content-Transfer-Encoding: base64'],
        Buffer.from('Win money\n').toString('base64'),
      ),
      'B\nWin money',
    ],
    [
      'the plain one of several parts',
      message(
        ['Subject: P', 'Content-Type: multipart/alternative; boundary="=_b"'],
        '--=_b\nContent-Type: text/html\n\n<p>rich</p>\n--=_b\nContent-Type: text/plain\n\nplain\n--=_b--\n',
      ),
      'P\nplain',
    ],
    [
      'the HTML one where there is no other, not the attachment',
      message(
        ['Subject: H', 'Content-Type: multipart/mixed; boundary=b'],
        '--b\nContent-Type: image/gif\nContent-Transfer-Encoding: base64\n\nAAAA\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n',
      ),
      'H\nrich',
    ],
  ])('reads %s', (_, raw, expected) => {
    expect(mailText(raw)).toBe(expected);
  });

  it('leaves out headers, which tell the mailbox, and addresses, which are people’s', () => {
    const text = mailText(
      message(
        ['Subject: Hi', 'X-Spam-Flag: YES', 'To: ann@a.example'],
        'write to Bob.B+x@mail.example.org!',
      ),
    );
    expect(text).toBe('Hi\nwrite to name@example.org!');
  });
});
