import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { RequestOrigin } from '../http/request-origin.js';

/** Work that no answer waits for, mostly because its time would tell something. A server that stops waits for it. */
@Injectable()
export class UnawaitedWork implements BeforeApplicationShutdown {
  private readonly log = new Logger(UnawaitedWork.name);
  private readonly underWay = new Set<Promise<unknown>>();

  /**
   * @param what is sent by it: the log says when it fails, and nobody else is told
   * @param cause the request that it is done for
   */
  add(what: string, work: Promise<unknown>, { requestId }: Pick<RequestOrigin, 'requestId'>): void {
    const settled: Promise<unknown> = work
      .catch((error: Error) => this.log.error({ requestId }, `${what} was not sent: ${error.name}`))
      .finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }
}
