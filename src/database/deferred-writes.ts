/** Writing that is done a moment after it was asked for, once for all who asked meanwhile, and never twice at a time. */
export class DeferredWrites {
  private timer?: NodeJS.Timeout;
  private running: Promise<void> = Promise.resolve();

  /** @param write writes all that there is by then, and never throws; for what it could not write it asks again */
  constructor(private readonly write: () => Promise<void>) {}

  /** Has it done in so many milliseconds, or sooner when that was asked for before. Keeps no process alive. */
  ask(milliseconds: number): void {
    this.timer ??= setTimeout(() => void this.flush(), milliseconds).unref();
  }

  /** Has it done now, after what is being done. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.running = this.running.then(this.write));
  }

  /** Has it done a last time: what fails now is not tried again. */
  finish(): Promise<void> {
    return this.flush().finally(() => clearTimeout(this.timer));
  }
}
