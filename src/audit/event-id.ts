import { randomId } from '../kernel/secrets.js';

let counter = 0;

/** 48 bits of time, 16 of order, 64 of chance: ids sort as their events happened, also those of one millisecond. */
export function nextEventId(at: Date): string {
  counter = (counter + 1) % 0x1_0000;
  return eventIdsFrom(at) + counter.toString(16).padStart(4, '0') + randomId().slice(16);
}

/** What is no greater than the id of any event from that moment on, and greater than those of all before. */
export function eventIdsFrom(at: Date): string {
  return at.getTime().toString(16).padStart(12, '0');
}
