import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { namedProviders } from '../kernel/named-providers.js';
import { type Channel, ChannelName } from './channel.js';
import { type Letter, LetterWriter } from './letters.js';

/**
 * Longest wait for a channel, in milliseconds: with a second in line for the password hash, a login answers within 5
 * seconds whatever the channel does.
 */
const TIME_LIMIT = 3_500;

export type Delivery = 'sent' | 'failed';

/** Finds the channel and hands the message over. */
@Injectable()
export class Courier implements OnModuleInit {
  private readonly log = new Logger(Courier.name);
  private registered?: ReadonlyMap<string, Channel>;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly writer: LetterWriter,
  ) {}

  /** A channel that is registered wrongly stops the start. */
  onModuleInit(): void {
    this.channels();
  }

  /** Every registered channel, by name. */
  channels(): ReadonlyMap<string, Channel> {
    return (this.registered ??= namedProviders<Channel>(this.discovery, ChannelName));
  }

  /** @throws Error when no channel has that name */
  channel(name: string): Channel {
    const channel = this.channels().get(name);
    if (!channel) throw new Error(`There is no channel "${name}".`);
    return channel;
  }

  /**
   * Sends a letter and says whether the channel took it, within {@link TIME_LIMIT}. Never throws.
   * @param requestId of the request that it is sent for, which the log names when it fails
   */
  async deliver(channelName: string, to: string, letter: Letter, requestId: string): Promise<Delivery> {
    try {
      await withinTimeLimit(this.send(this.channel(channelName), to, letter));
      return 'sent';
    } catch (error) {
      // Neither address nor text: a log is no place for them.
      const why = (error as Error).message.replaceAll(to, '…');
      this.log.warn({ requestId }, `A "${letter.kind}" message over ${channelName} failed: ${why}`);
      return 'failed';
    }
  }

  private send(channel: Channel, to: string, letter: Letter): Promise<void> {
    const { text, ...message } = this.writer.write(letter);
    const line = message.code === undefined ? undefined : channel.lastLine?.(message.code);
    return channel.send({ to, ...message, text: line === undefined ? text : `${text}\n\n${line}` });
  }
}

async function withinTimeLimit(sending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIME_LIMIT / 1_000} s`)), TIME_LIMIT);
  });
  try {
    await Promise.race([sending, limit]);
  } finally {
    clearTimeout(timer);
  }
}
