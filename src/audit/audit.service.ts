import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { DeferredWrites } from '../database/deferred-writes.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { AUDIT_EVENTS, type AuditEntry, type AuditEvent } from './audit-event.js';
import { AuditSink } from './audit-sink.js';
import { nextEventId } from './event-id.js';
import { Repetitions } from './repetitions.js';

/** So long events are gathered, so that many become one INSERT: one each cost a tenth of a login's work; milliseconds. */
const GATHERING = 50;
/** The wait after a sink that failed, in milliseconds. */
const RETRY_AFTER = 1_000;
const BATCH = 500;
/** More are not kept while the sink fails; the log has them all. */
const CAPACITY = 10_000;

/**
 * Security events (ASVS 16.3): one log line each, and one row each a moment later, but for
 * {@link Repetitions}. Recording never throws and is never waited for, so it costs an answer nothing.
 */
@Injectable()
export class Audit implements BeforeApplicationShutdown {
  private readonly log = new Logger(Audit.name);
  private readonly listeners: ((event: AuditEvent) => void)[] = [];
  private readonly repetitions = new Repetitions();
  private waiting: AuditEvent[] = [];
  // One batch after the other: events stay in order.
  private readonly writing = new DeferredWrites(() => this.writeAll());

  constructor(
    private readonly sink: AuditSink,
    private readonly clock: Clock,
  ) {}

  /** Calls `listener` with every event, within the request that it happens in. It must not throw. */
  subscribe(listener: (event: AuditEvent) => void): void {
    this.listeners.push(listener);
  }

  /**
   * Records what just happened.
   * @param origin of the request that it happened in; {@link NO_REQUEST} outside of one
   */
  record(entry: AuditEntry, { ip, device, requestId }: RequestOrigin): void {
    const at = this.clock.now();
    const { type, ...about } = entry;
    const known = { id: nextEventId(at), outcome: AUDIT_EVENTS[type], ...about, ip, device, requestId };
    this.log.log({ event: type, ...known }, 'security event');
    const event = { ...known, type, at };
    if (!this.repetitions.includes(entry, at)) this.keep(event);
    for (const listener of this.listeners) listener(event);
  }

  private keep(event: AuditEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > CAPACITY) this.waiting.shift();
    this.writing.ask(GATHERING);
  }

  /** Writes all that was recorded until now. Never throws. */
  flush(): Promise<void> {
    return this.writing.flush();
  }

  /** While the database is still there; requests have ended by then (`DrainingAdapter`). */
  beforeApplicationShutdown(): Promise<void> {
    return this.writing.finish();
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH);
      try {
        await this.sink.write(batch);
      } catch (error) {
        this.log.error(`${batch.length} security events were not written: ${(error as Error).name}`);
        this.waiting = [...batch, ...this.waiting].slice(-CAPACITY);
        return this.writing.ask(RETRY_AFTER);
      }
    }
  }
}
