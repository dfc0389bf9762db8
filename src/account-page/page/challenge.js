import { adopt, call, secondsUntil } from './api.js';
import { h, openDialog, say } from './dom.js';
import { action, checkbox, field, form } from './form.js';
import { t } from './texts.js';
import { getCredential, receiveTextedCode } from './webauthn.js';

/** The input for a code: digits from a message or an app, or a recovery code. */
export function codeField(type) {
  const digits = type !== 'recovery_code';
  return field('code', t.code, {
    inputmode: digits ? 'numeric' : 'text',
    autocomplete: digits ? 'one-time-code' : 'off',
    autocapitalize: 'characters',
    spellcheck: 'false',
    maxlength: '40',
    class: 'code',
    ...(type === 'email' && { hint: t.lookIntoSpam }),
  });
}

/** As it is meant, however it was typed or pasted. */
export const plainCode = (typed) => typed.replace(/\s/g, '');

/** Fills in the code of a text message and sends the form; waits for it until the form is gone. */
export function fillFromMessage(element) {
  const waiting = new AbortController();
  element.addEventListener('submit', () => waiting.abort(), { once: true });
  void receiveTextedCode(waiting.signal).then((code) => {
    if (code === null || !element.isConnected) return;
    element.elements.code.value = code;
    element.requestSubmit();
  });
}

/** One challenge: the question, the answer, a new code, another factor. Calls `done(session)` when it is answered. */
export function challengeForm(first, { demand = {}, remember = false, done, changed = () => undefined }) {
  const box = h('div', { class: 'stack' });
  const path = ({ id }) => `/mfa/challenges/${id}`;

  async function verify(challenge, answer) {
    try {
      done(adopt(await call('POST', `${path(challenge)}/verify`, answer)), answer);
    } catch (error) {
      if (error.code === 'challenge_expired') draw({ ...challenge, status: 'expired' });
      else throw error;
    }
  }
  async function again(request) {
    const challenge = await request();
    changed(challenge);
    draw(challenge);
    box.querySelector('input, button').focus();
    if (challenge.delivery === 'sent') say(t.codeSent);
  }

  function question(challenge) {
    const { factor, publicKey } = challenge;
    const remembering = remember ? [checkbox('rememberDevice', t.rememberDevice)] : [];
    const answered = ({ code, rememberDevice }, credential) =>
      verify(challenge, {
        ...(credential ? { credential } : { code: plainCode(code) }),
        ...(rememberDevice && { rememberDevice }),
      });
    const element = publicKey
      ? form(remembering, t.useKey, async (values) => answered(values, await getCredential(publicKey)))
      : form([codeField(factor.type), ...remembering], t.confirm, (values) => answered(values));
    if (factor.type === 'sms') fillFromMessage(element);
    return element;
  }

  function draw(challenge) {
    const { factor, factors, status, delivery, destination = factor.destination } = challenge;
    if (status !== 'pending') {
      const start = () => call('POST', '/mfa/challenges', demand);
      box.replaceChildren(form([h('p', {}, t.problems.challenge_expired)], t.startAgain, () => again(start)));
      box.querySelector('button').focus();
      return;
    }
    const send = (factorId) => () => again(() => call('POST', `${path(challenge)}/send`, { factorId }));
    const others = factors.filter(({ id }) => id !== factor.id);
    const failed = delivery === 'failed';
    box.replaceChildren(
      h('p', { class: failed ? 'error' : 'lead' }, failed ? t.notDelivered : t.asking(factor.type, destination)),
      question(challenge),
      destination ? resendAction(challenge.resendAt, send(factor.id)) : '',
      others.length > 0 ? h('div', { class: 'others' }, h('h2', {}, t.otherWays), ...others.map(choice)) : '',
    );
    function choice({ id, type, label, destination: to }) {
      const name = [t.factorTypes[type] ?? type, to ?? (type === 'recovery_code' ? '' : label)].filter(Boolean);
      return action([...new Set(name)].join(' · '), send(id), 'choice');
    }
  }
  draw(first);
  return box;
}

/** A button that can be pressed from `resendAt` on, and counts down to it. */
function resendAction(resendAt, onSubmit) {
  const element = action(t.resend, onSubmit, 'quiet');
  const submit = element.querySelector('button');
  const tick = () => {
    const left = resendAt ? secondsUntil(resendAt) : 0;
    submit.disabled = left > 0;
    submit.textContent = left > 0 ? t.resendIn(left) : t.resend;
    if (left <= 0) clearInterval(timer);
  };
  const timer = setInterval(() => (element.isConnected ? tick() : clearInterval(timer)), 1_000);
  tick();
  return element;
}

/** Asks for a second factor on the way to something that demands it. @throws ApiError, `cancelled` among them */
export async function stepUp({ acrValues, factors }) {
  // "mfa" is any factor: what a challenge offers anyway.
  const demand = { ...(acrValues && acrValues !== 'mfa' && { acr: acrValues }), ...(factors && { factors }) };
  const challenge = await call('POST', '/mfa/challenges', demand);
  return openDialog(t.stepUpTitle, t.cancel, (close) => challengeForm(challenge, { demand, done: close }));
}
