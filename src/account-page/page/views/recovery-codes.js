import { call, read } from '../api.js';
import { button, h, openDialog } from '../dom.js';
import { action } from '../form.js';
import { t } from '../texts.js';
import { section } from './section.js';

const PATH = '/mfa/recovery-codes';

/** How many recovery codes are left, and new ones. */
export function recoveryCodesSection() {
  return section(t.recoveryCodes, async (reload) => {
    const left = await read(PATH);
    // They stand in for a factor: without one there are none, and none can be made.
    const enrolled =
      left && (left.remaining > 0 || (await read('/mfa/factors')).some(({ status }) => status === 'active'));
    if (!enrolled) return undefined;
    const renew = async () => {
      await showRecoveryCodes((await call('POST', PATH)).recoveryCodes);
      await reload(t.saved);
    };
    return [h('p', { class: 'lead' }, t.codesLeft(left.remaining)), action(t.newCodes, renew)];
  });
}

/** Shows codes, this once: to download, to print, to write down. */
export function showRecoveryCodes(codes) {
  return openDialog(t.recoveryCodes, null, (close) =>
    h(
      'div',
      { class: 'stack printed' },
      h('p', {}, t.codesExplained),
      h('ol', { class: 'codes' }, ...codes.map((code) => h('li', {}, h('code', {}, code)))),
      h(
        'div',
        { class: 'actions' },
        button(t.download, () => download(codes)),
        button(t.print, () => print()),
        button(t.codesKept, () => close(true), 'primary'),
      ),
    ),
  );
}

function download(codes) {
  const text = `Stepgate – ${t.recoveryCodes}\n${location.host}\n\n${codes.join('\n')}\n\n${t.codesExplained}\n`;
  const href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  h('a', { href, download: 'stepgate-recovery-codes.txt' }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
