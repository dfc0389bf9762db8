import { call, read } from '../api.js';
import { h, time } from '../dom.js';
import { action } from '../form.js';
import { t } from '../texts.js';
import { list, section } from './section.js';

const BROWSERS = { 'Edg/': 'Edge', 'OPR/': 'Opera', 'Firefox/': 'Firefox', 'Chrome/': 'Chrome', 'Safari/': 'Safari' };
const SYSTEMS = {
  Android: 'Android',
  iPhone: 'iPhone',
  iPad: 'iPad',
  Windows: 'Windows',
  'Mac OS': 'macOS',
  Linux: 'Linux',
};

/** "Firefox, Linux" out of a User-Agent. */
function deviceName(userAgent) {
  const find = (names) => Object.entries(names).find(([mark]) => userAgent.includes(mark))?.[1];
  return [find(BROWSERS), find(SYSTEMS)].filter(Boolean).join(', ') || userAgent || t.unknownDevice;
}

const labelled = (label, iso) => h('span', {}, label, ' ', time(iso));

export function sessionsSection() {
  return section(t.sessions, async (reload) => {
    const sessions = await read('/auth/sessions');
    const end = async (path) => {
      await call('DELETE', path);
      await reload(t.ended);
    };
    return (
      sessions && [
        list(sessions, ({ id, device, ip, createdAt, lastUsedAt, current }) => ({
          title: deviceName(device),
          badge: current && t.thisDevice,
          about: [ip, labelled(t.signedInAt, createdAt), labelled(t.lastUsed, lastUsedAt)],
          actions: current ? [] : [action(t.end, () => end(`/auth/sessions/${id}`), 'small danger')],
        })),
        sessions.length > 1 ? action(t.endOthers, () => end('/auth/sessions')) : '',
      ]
    );
  });
}

export function devicesSection() {
  return section(t.devices, async (reload) => {
    const devices = await read('/mfa/trusted-devices');
    const forget = async (id) => {
      await call('DELETE', `/mfa/trusted-devices/${id}`);
      await reload(t.removed);
    };
    return (
      devices && [
        h('p', { class: 'lead' }, devices.length > 0 ? t.devicesLead : t.noDevices),
        devices.length === 0
          ? ''
          : list(devices, ({ id, device, ip, lastUsedAt, expiresAt }) => ({
              title: deviceName(device),
              about: [ip, labelled(t.lastUsed, lastUsedAt), labelled(t.until, expiresAt)],
              actions: [action(t.forget, () => forget(id), 'small danger')],
            })),
      ]
    );
  });
}

const MOST_EVENTS = 10;

export function eventsSection() {
  return section(t.events, async () => {
    const answer = await read('/auth/events?limit=50');
    // Some are for whoever runs the server, such as each message sent.
    const events = answer?.events.filter(({ type }) => t.eventTypes[type]).slice(0, MOST_EVENTS);
    return (
      events && [
        list(events, ({ type, device, ip, at }) => ({
          title: t.eventTypes[type],
          about: [time(at), deviceName(device), ip],
        })),
      ]
    );
  });
}
