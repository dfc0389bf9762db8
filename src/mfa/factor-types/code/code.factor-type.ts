import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { invalidAt } from '../../../kernel/problem.js';
import {
  type Accepted,
  type Account,
  type Answer,
  type AssuranceLevel,
  type Channel,
  type EnrolledFactor,
  type Enrollment,
  type FactorQuestion,
  type FactorType,
  maskAddress,
  type OpenChallenge,
} from '../factor-type.js';

/** How codes are made and compared. */
interface Codes {
  create(challengeId: string): { code: string; kept: string };
  matches(challengeId: string, kept: string | null, answer: string): boolean;
}

/** Something you have: whatever receives the codes sent over one channel. There is one such type for each channel. */
export class CodeFactorType implements FactorType {
  readonly acr: AssuranceLevel;
  readonly enrollmentDto?: Type<object>;
  private readonly amr: readonly string[];
  private readonly property: string;

  constructor(
    private readonly channelName: string,
    private readonly channel: Channel,
    private readonly codes: Codes,
    private readonly minutes: number,
  ) {
    this.acr = channel.acr ?? 'mfa';
    this.amr = channel.amr ?? ['otp'];
    this.property = channel.addressProperty ?? 'address';
    if (!channel.accountAddress) this.enrollmentDto = addressDto(this.property);
  }

  /** @throws Problem `validation_failed` when the channel knows no such address */
  enroll(input: object, account: Account): Enrollment {
    const raw = this.channel.accountAddress?.(account) ?? (input as Record<string, string>)[this.property] ?? '';
    const address = this.channel.address(raw);
    if (address === null) {
      throw invalidAt(`/${this.property}`, `${this.property} is not an address that ${this.channelName} can reach`);
    }
    return { secret: address, destination: maskAddress(this.channel, address) };
  }

  ask({ secret }: EnrolledFactor, { id, purpose }: Omit<OpenChallenge, 'kept'>): FactorQuestion {
    const { code, kept } = this.codes.create(id);
    const kind = purpose === 'enrollment' ? 'enrollment-code' : 'sign-in-code';
    return { kept, parcel: { channel: this.channelName, to: secret!, letter: { kind, code, minutes: this.minutes } } };
  }

  verify({ secret }: EnrolledFactor, { id, kept }: OpenChallenge, { code }: Answer): Accepted | null {
    if (code === undefined || !this.codes.matches(id, kept, code)) return null;
    return { amr: this.amr, acr: this.acr, reached: { channel: this.channelName, to: secret! } };
  }
}

/** The DTO of one string property of that name. */
function addressDto(property: string): Type<object> {
  class AddressDto {}
  for (const decorate of [IsString(), Length(1, 254), ApiProperty()]) decorate(AddressDto.prototype, property);
  return AddressDto;
}
