import { applyDecorators, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

/** What a channel carries. */
export interface Message {
  /** An address as {@link Channel.address} gave it. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The code or token alone, when the message brings one. */
  readonly code?: string;
}

/**
 * Carries messages, and knows what an address is. A class marked {@link MfaChannel} is all it takes: users can then
 * enrol a factor of that name, which is proved by a code sent over it.
 */
export interface Channel {
  /** The one spelling of an address that a person wrote, or null when it is none. */
  address(raw: string): string | null;

  /**
   * Hands the message over. After 3.5 seconds the user is told that it failed.
   * @throws Error when it could not
   */
  send(message: Message): Promise<void>;

  /** The request property that brings the address when a factor is enrolled; `address` unless given. */
  readonly addressProperty?: string;

  /** For a channel to an address that the account has anyway: that address; enrolment then asks for none. */
  accountAddress?(account: { readonly email: string }): string;

  /** For devices that read messages: the last line of one that brings a code. */
  lastLine?(code: string): string;

  /** The address as others may see it; all but the last two characters are hidden unless given. */
  mask?(address: string): string;

  /**
   * For a channel whose messages cost money by where they go: what an address is priced by, such as a country's calling
   * code. Sending to a prefix from which hardly a code comes back is broken off.
   */
  prefix?(address: string): string | undefined;

  /** What a code over this channel proves: `mfa`, unless an out-of-band channel that NIST SP 800-63B-4 accepts. */
  readonly acr?: 'mfa' | 'aal2';

  /** Authentication methods (RFC 8176) of a code over this channel; `otp` unless given. */
  readonly amr?: readonly string[];
}

export const ChannelName = DiscoveryService.createDecorator<string>();

/** Registers a class as the channel, and so as the factor type, of that name. It only fits a {@link Channel}. */
export const MfaChannel = (name: string) =>
  applyDecorators(Injectable(), ChannelName(name)) as <T extends new (...args: never[]) => Channel>(target: T) => void;

/** The address with all but what its owner needs to recognise it hidden. */
export function maskAddress(channel: Channel, address: string): string {
  return channel.mask?.(address) ?? `•••• ${address.slice(-2)}`;
}
