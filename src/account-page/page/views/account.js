import { ApiError, call } from '../api.js';
import { h, openDialog, show } from '../dom.js';
import { action, form } from '../form.js';
import { t } from '../texts.js';
import { devicesSection, eventsSection, sessionsSection } from './activity.js';
import { factorsSection } from './factors.js';
import { recoveryCodesSection } from './recovery-codes.js';
import { section } from './section.js';
import { newPasswordField, passwordField } from './sign-in.js';

/** The account of whoever is signed in. */
export function accountView() {
  const recoveryCodes = recoveryCodesSection();
  const events = eventsSection();
  const parts = [
    factorsSection(() => Promise.all([recoveryCodes.reload(), events.reload()])),
    recoveryCodes,
    section(t.password, (reload) => [
      h('p', { class: 'lead' }, t.passwordLead),
      action(t.changePassword, () => changePassword(reload)),
    ]),
    sessionsSection(),
    devicesSection(),
    events,
  ];
  show(t.account, 'wide', ...parts.map(({ element }) => element));
  return Promise.all(parts.map(({ reload }) => reload()));
}

const invalid = (pointer) => new ApiError('validation_failed', { errors: [{ pointer }] });

async function changePassword(reload) {
  const done = await openDialog(t.changePassword, t.cancel, (close) =>
    form(
      [passwordField('currentPassword', t.currentPassword), newPasswordField('newPassword')],
      t.savePassword,
      async (passwords) => {
        await call('POST', '/auth/password/change', passwords).catch((error) => {
          throw error.code === 'invalid_credentials' ? invalid('/currentPassword') : error;
        });
        close(true);
      },
    ),
  );
  if (done) await reload(t.passwordChanged);
}
