import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';

/** Work that no answer waits for, mostly because its time would tell something. A server that stops waits for it. */
@Injectable()
export class UnawaitedWork implements BeforeApplicationShutdown {
  private readonly underWay = new Set<Promise<void>>();

  /** @param failed told when the work fails: nobody else is */
  add(work: Promise<void>, failed: (error: Error) => void): void {
    const settled = work.catch(failed).finally(() => this.underWay.delete(settled));
    this.underWay.add(settled);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.underWay);
  }
}
