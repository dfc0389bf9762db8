import fc from 'fast-check';
import { normalizeEmail } from './email-address.js';

describe('an e-mail address', () => {
  it.each([
    ['Ada@Example.COM', 'ada@example.com'],
    ['ａｄａ@example.com', 'ada@example.com'],
    ['ada@exämple.com', 'ada@xn--exmple-cua.com'],
    ['jose\u0301@example.com', 'josé@example.com'],
    ['a+b.c_d-e@example.com', 'a+b.c_d-e@example.com'],
    ['o’hara@example.com', 'o’hara@example.com'],
  ])('%j is kept as %j', (written, kept) => {
    expect(normalizeEmail(written)).toBe(kept);
  });

  it.each([
    '',
    '@',
    'ada',
    '@example.com',
    'ada@',
    'ada@exa mple.com',
    'ada@example.com@evil.example',
    'ada＠example.com@evil.example',
    'a　b@example.com',
    'a\u2028b@example.com',
    'a\r\nb@example.com',
    '"a b"@example.com',
    'a,b@example.com',
    'a，b@example.com',
    '<a>@example.com',
    '＜a＞@example.com',
    `${'a'.repeat(250)}@example.com`,
    `${'ﷺ'.repeat(20)}@example.com`,
  ])('%j is none', (written) => {
    expect(normalizeEmail(written)).toBeNull();
  });

  it('stays as it is once it is kept, and never breaks a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('example.com', 'EXÄMPLE.com'), (local, domain) => {
        const kept = normalizeEmail(`${local}@${domain}`);
        if (kept === null) return;
        expect(normalizeEmail(kept)).toBe(kept);
        expect(kept).toMatch(/^[^\s@]+@[^\s@]+$/);
      }),
    );
  });
});
