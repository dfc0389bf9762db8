import { DeferredWrites } from './deferred-writes.js';

describe('writes that are deferred', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('are made once for all who asked meanwhile, in the time that the first one gave', async () => {
    const write = jest.fn(async () => {});
    const writes = new DeferredWrites(write);
    writes.ask(50);
    writes.ask(1_000);
    await jest.advanceTimersByTimeAsync(49);
    expect(write).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it('are made one after the other', async () => {
    let finish!: () => void;
    const write = jest.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const writes = new DeferredWrites(write);
    void writes.flush();
    const second = writes.flush();
    await jest.advanceTimersByTimeAsync(0);
    expect(write).toHaveBeenCalledTimes(1);
    finish();
    await jest.advanceTimersByTimeAsync(0);
    expect(write).toHaveBeenCalledTimes(2);
    finish();
    await second;
  });

  it('are made a last time at the end, and not again when that fails', async () => {
    const write = jest.fn(async (): Promise<void> => writes.ask(1_000));
    const writes: DeferredWrites = new DeferredWrites(write);
    await writes.finish();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(write).toHaveBeenCalledTimes(1);
  });
});
