import { adopt, ApiError, call, login } from '../api.js';
import { challengeForm, codeField, plainCode } from '../challenge.js';
import { h, say, show } from '../dom.js';
import { action, field, form } from '../form.js';
import { t } from '../texts.js';
import { getCredential, hasWebAuthn } from '../webauthn.js';

const emailField = (autocomplete) => field('email', t.email, { type: 'email', autocomplete, maxlength: '254' });
export const newPasswordField = (name) =>
  field(name, t.newPassword, {
    type: 'password',
    autocomplete: 'new-password',
    hint: t.passwordHint,
    maxlength: '128',
  });
export const passwordField = (name, label = t.password) =>
  field(name, label, { type: 'password', autocomplete: 'current-password', maxlength: '256' });
const link = (href, text) => h('a', { href }, text);
const back = () => h('p', { class: 'links' }, link('#sign-in', t.backToSignIn));

let passkeyMissing = false;

/** @param enter is given the session */
export function signInView(enter) {
  const children = [
    form([emailField('username'), passwordField('password')], t.signIn, async ({ email, password }) =>
      enter(await login(email.trim(), password)),
    ),
  ];
  if (hasWebAuthn() && !passkeyMissing) {
    children.push(action(t.signInWithPasskey, async () => enter(await signInWithPasskey())));
  }
  show(
    t.signIn,
    'narrow',
    ...children,
    h('p', { class: 'links' }, link('#register', t.register), link('#forgot', t.forgot)),
  );
}

async function signInWithPasskey() {
  try {
    const { challengeId, publicKey } = await call('POST', '/auth/passkey/options');
    return adopt(await call('POST', '/auth/passkey', { challengeId, credential: await getCredential(publicKey) }));
  } catch (error) {
    if (error.status !== 404) throw error;
    passkeyMissing = true;
    throw new ApiError('passkey_missing');
  }
}

/** The second step. @param leave signs out */
export async function secondStepView(session, enter, leave) {
  const challenge = session.mfa.challenge ?? (await call('POST', '/mfa/challenges', {}));
  // Offered where the server knows trusted devices.
  const remember = (await call('GET', '/mfa/trusted-devices').catch(() => null)) !== null;
  const done = (proved, { rememberDevice }) => {
    enter(proved);
    if (rememberDevice) say(proved.deviceToken ? t.deviceRemembered : t.deviceNotRemembered);
  };
  const changed = (now) => (session.mfa.challenge = now);
  const cancel = action(t.backToSignIn, () => leave(), 'quiet');
  show(t.secondStep, 'narrow', challengeForm(challenge, { remember, done, changed }), cancel);
  document.querySelector('main input.code')?.focus();
}

/** @param toSignIn shows where to sign in, with a word on what happened */
export function registerView(toSignIn) {
  const fields = [
    field('displayName', t.displayName, { optional: true, autocomplete: 'name', maxlength: '100' }),
    emailField('username'),
    newPasswordField('password'),
  ];
  const register = form(fields, t.register, async ({ email, password, displayName }) => {
    const body = { email: email.trim(), password, displayName: displayName.trim() || undefined };
    const { verification } = await call('POST', '/auth/register', body);
    verifyView(verification, body.email, toSignIn);
  });
  show(t.register, 'narrow', register, h('p', { class: 'links' }, link('#sign-in', t.haveAccount)));
}

function verifyView({ id }, email, toSignIn) {
  const verify = form([codeField('email')], t.confirm, async ({ code }) => {
    await call('POST', '/auth/email/verify', { challengeId: id, code: plainCode(code) });
    toSignIn(t.verified);
  });
  show(t.verifyTitle, 'narrow', h('p', { class: 'lead' }, t.verifyLead(email)), verify, back());
  verify.querySelector('input').focus();
}

export function forgotView() {
  const forgot = form([emailField('username')], t.sendLink, async ({ email }) => {
    await call('POST', '/auth/password/forgot', { email: email.trim() });
    show(t.forgotTitle, 'narrow', h('p', { class: 'lead' }, t.linkSent), back());
  });
  show(t.forgotTitle, 'narrow', h('p', { class: 'lead' }, t.forgotLead), forgot, back());
}

export function resetView(token, toSignIn) {
  const reset = form([newPasswordField('newPassword')], t.savePassword, async ({ newPassword }) => {
    await call('POST', '/auth/password/reset', { token, newPassword }).catch((error) => {
      throw error.code === 'challenge_expired' ? new ApiError('link_expired') : error;
    });
    toSignIn(t.passwordReset);
  });
  show(t.resetTitle, 'narrow', h('p', { class: 'lead' }, t.resetLead), reset, back());
}
