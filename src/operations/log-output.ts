import { type DestinationStream, pino } from 'pino';

/** In bytes: what is written at once. */
const SIZE = 8_192;
/** In milliseconds. */
const LONGEST_WAIT = 100;
const LONGEST_CHARACTER = 3;

/**
 * Standard output for lines that wait for each other: to write each by itself costs more than to answer a request. What
 * waits is bytes already, and one piece: strings that are joined first, and written by a thread of the pool, cost 20 us
 * a line. A reader that does not keep up makes us wait for it, as with pino's own default.
 */
class LogOutput implements DestinationStream {
  private readonly stdout = pino.destination({ sync: true });
  private readonly waiting = Buffer.allocUnsafe(SIZE);
  private used = 0;
  private timer?: NodeJS.Timeout;

  constructor() {
    process.on('exit', () => this.flush());
  }

  write(line: string): void {
    const longest = line.length * LONGEST_CHARACTER;
    if (this.used + longest > SIZE) this.flush();
    if (longest > SIZE) {
      this.stdout.write(line);
      return;
    }
    this.used += this.waiting.write(line, this.used);
    this.timer ??= setTimeout(() => this.flush(), LONGEST_WAIT).unref();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.used > 0) this.stdout.write(this.waiting.toString('utf8', 0, this.used));
    this.used = 0;
  }
}

/** One for the process, whoever logs: else lines would cut each other. */
export const logOutput: DestinationStream = new LogOutput();
