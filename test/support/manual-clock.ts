import { Clock, parseDuration } from '../../src/kernel/clock.js';

/** A clock that stands still until it is moved. */
export class ManualClock extends Clock {
  private time = Date.now();

  now(): Date {
    return new Date(this.time);
  }

  /** @param duration as in `5m` */
  advance(duration: string): void {
    this.time += parseDuration(duration);
  }

  /** As an operator might, or a virtual machine that was resumed. */
  setBack(duration: string): void {
    this.time -= parseDuration(duration);
  }
}
