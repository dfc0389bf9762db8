import { call, read } from '../api.js';
import { codeField, fillFromMessage, plainCode } from '../challenge.js';
import { h, openDialog, time } from '../dom.js';
import { action, field, form } from '../form.js';
import { t } from '../texts.js';
import { createCredential, hasWebAuthn } from '../webauthn.js';
import { showRecoveryCodes } from './recovery-codes.js';
import { list, section } from './section.js';

const path = ({ id }) => `/mfa/factors/${id}`;
const labelField = (value = '') =>
  field('label', t.label, { optional: true, maxlength: '100', autocomplete: 'off', value });
const phoneField = () =>
  field('phoneNumber', t.phoneNumber, { type: 'tel', autocomplete: 'tel', hint: t.phoneHint, maxlength: '32' });
/** What each type asks before it begins. */
const QUESTIONS = {
  webauthn: () => [labelField()],
  totp: () => [labelField()],
  sms: () => [phoneField()],
  email: () => [],
};

/** The second factors. @param changed is told after each change */
export function factorsSection(changed) {
  return section(t.factors, async (reload) => {
    const factors = (await read('/mfa/factors'))?.filter(({ type }) => type !== 'recovery_code');
    const done = async (message) => Promise.all([reload(message), changed()]);
    // Of e-mail there is one: the address of the account.
    const offered = Object.keys(QUESTIONS).filter(
      (type) =>
        (type !== 'webauthn' || hasWebAuthn()) &&
        (type !== 'email' || !factors.some((factor) => factor.type === type && factor.status === 'active')),
    );
    return [
      h('p', { class: 'lead' }, factors.length > 0 ? t.factorsLead : t.noFactors),
      factors.length > 0 ? list(factors, (factor) => row(factor, done)) : '',
      h('h3', {}, t.addFactor),
      h('div', { class: 'actions' }, ...offered.map((type) => action(t.factorTypes[type], () => enroll(type, done)))),
    ];
  });
}

function row(factor, done) {
  const { type, status, label, destination, preferred, createdAt, lastUsedAt } = factor;
  const kind = t.factorTypes[type] ?? type;
  const named = label !== type && label !== destination;
  const actions = [
    status === 'active' && !preferred && action(t.prefer, () => prefer(factor, done), 'small'),
    action(t.rename, () => rename(factor, done), 'small'),
    action(t.remove, () => remove(factor, done), 'small danger'),
  ];
  return {
    title: named ? label : kind,
    badge: status === 'active' ? preferred && t.preferred : t.factorStatus[status],
    about: [
      named && kind,
      destination,
      h('span', {}, t.added, ' ', time(createdAt)),
      lastUsedAt && h('span', {}, t.lastUsed, ' ', time(lastUsedAt)),
    ],
    actions: actions.filter(Boolean),
  };
}

async function prefer(factor, done) {
  await call('PATCH', path(factor), { preferred: true });
  await done(t.saved);
}

async function rename(factor, done) {
  const renamed = await openDialog(t.rename, t.cancel, (close) =>
    form([field('label', t.newName, { maxlength: '100', value: factor.label })], t.save, async ({ label }) =>
      close(await call('PATCH', path(factor), { label: label.trim() })),
    ),
  );
  if (renamed) await done(t.saved);
}

async function remove(factor, done) {
  const removed = await openDialog(t.removeTitle, t.cancel, (close) =>
    form([h('p', {}, t.removeQuestion(factor.label))], t.remove, async () => {
      await call('DELETE', path(factor));
      close(true);
    }),
  );
  if (removed) await done(t.removed);
}

/** Enrols a factor of that type, from its first question to its proof. */
async function enroll(type, done) {
  let pending = null;
  const discard = async () => {
    if (pending) await call('DELETE', path(pending), undefined, { stepUp: false }).catch(() => undefined);
    pending = null;
  };
  const activated = await openDialog(t.factorTypes[type], t.cancel, (close) => {
    const box = h('div', { class: 'stack' });
    const activate = async (answer) => close(await call('POST', `${path(pending)}/activate`, answer));
    const begin = form(
      [h('p', { class: 'lead' }, t.enrollLead[type]), ...QUESTIONS[type]()],
      t.next,
      async (values) => {
        await discard();
        const given = Object.entries(values).map(([name, value]) => [name, value.trim() || undefined]);
        const { factor, enrollment } = await call('POST', '/mfa/factors', { type, ...Object.fromEntries(given) });
        pending = factor;
        if (enrollment.publicKey) return activate({ credential: await createCredential(enrollment.publicKey) });
        const prove = form([codeField(type)], t.confirm, ({ code }) => activate({ code: plainCode(code) }));
        box.replaceChildren(...instructions(factor, enrollment), prove);
        if (type === 'sms') fillFromMessage(prove);
        prove.querySelector('input').focus();
      },
    );
    box.append(begin);
    return box;
  });
  if (!activated) return discard();
  await done(t.activated);
  if (activated.recoveryCodes) await showRecoveryCodes(activated.recoveryCodes);
}

function instructions({ type, destination }, { delivery, qrCodeSvg, uri, secret }) {
  if (delivery === 'failed') return [h('p', { class: 'error' }, t.notDelivered)];
  if (!secret) return [h('p', { class: 'lead' }, t.asking(type, destination))];
  const spelled = secret.replace(/.{4}(?=.)/g, '$& ');
  return [
    h('p', { class: 'lead' }, t.scan),
    h('img', { class: 'qr', src: qrCodeSvg, alt: t.qrCode, width: '220', height: '220' }),
    h('p', { class: 'lead' }, t.orType, ' ', h('code', {}, spelled)),
    h('p', {}, h('a', { href: uri }, t.openInApp)),
  ];
}
