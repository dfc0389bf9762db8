import { type IncomingMessage, ServerResponse } from 'node:http';

/** In milliseconds: so long an answer is kept for those of the same turn at the most. */
const LONGEST_WAIT = 1;

type Send = () => void;

let waiting: Send[] = [];
let since = 0;

/** Sends when this turn of the event loop is over, or has taken too long already. */
function sendWithOthers(send: Send): void {
  const now = performance.now();
  if (waiting.length === 0) {
    since = now;
    setImmediate(sendAll);
  }
  waiting.push(send);
  if (now - since > LONGEST_WAIT) sendAll();
}

function sendAll(): void {
  const all = waiting;
  waiting = [];
  for (const send of all) send();
}

/**
 * Answers of one turn of the event loop leave together. To write to a client that sleeps is to wake it up, which took
 * the system a third of the time of a guarded request; one that was just woken finds the answers that follow by itself.
 */
export class BatchedResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** What `writableEnded` says: whoever asks must not answer once more. */
  protected ended = false;

  override end(...what: never[]): this {
    this.ended = true;
    sendWithOthers(() => super.end(...what));
    return this;
  }
}

// Node's types have it for a plain property, which no accessor of a class may take the place of.
Object.defineProperty(BatchedResponse.prototype, 'writableEnded', {
  get(this: BatchedResponse) {
    return this.ended;
  },
});
