import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Question } from '../../challenges/challenges.service.js';
import type { AssuranceLevel } from '../../tokens/assurance.js';

export type { Question } from '../../challenges/challenges.service.js';
export { type Channel, maskAddress } from '../../delivery/channel.js';
export type { AssuranceLevel } from '../../tokens/assurance.js';

/** Who enrols. */
export interface Account {
  readonly id: string;
  readonly email: string;
  /** How the product is called, for authenticators that list it. */
  readonly issuer: string;
}

/** A factor as its type sees it: the secret is what {@link FactorType.enroll} gave, opened. */
export interface EnrolledFactor {
  readonly id: string;
  readonly userId: string;
  readonly secret: string | null;
}

/** What enrolment yields. */
export interface Enrollment {
  /** Kept with the factor, sealed; never shown again. */
  readonly secret: string | null;
  /** Where codes will go, masked. */
  readonly destination?: string;
  /** What the user needs now to set the factor up; shown once. */
  readonly material?: Readonly<Record<string, unknown>>;
}

/** The challenge that an answer is for. */
export interface OpenChallenge {
  readonly id: string;
  readonly purpose: 'mfa' | 'enrollment' | 'passkey';
  /** What {@link FactorType.ask} kept. */
  readonly kept: string | null;
}

/** A question, and for types that need it what the client's authenticator has to be given. */
export interface FactorQuestion extends Question {
  readonly publicKey?: object;
}

/** What the user sent. */
export interface Answer {
  readonly code?: string;
  readonly credential?: Readonly<Record<string, unknown>>;
}

/** A right answer; `secret`, when given, takes the place of the factor's secret in the same step. */
export interface Accepted {
  readonly amr: readonly string[];
  readonly acr: AssuranceLevel;
  readonly secret?: string;
  /** For a code that was sent: where it was, now that it is known to arrive there. */
  readonly reached?: { readonly channel: string; readonly to: string };
  /** At enrolment: what no two factors of the type may have in common, whosever they are. Kept as a keyed hash. */
  readonly uniqueKey?: string;
}

/**
 * A kind of factor that users can enrol and prove. A type never touches the database: the factor's row gives it one
 * opaque secret, the challenge's row one opaque `kept`. A class marked {@link MfaFactorType} is all it takes.
 */
export interface FactorType {
  /** The strongest level that a proof reaches; the challenge offers the strongest first. */
  readonly acr: AssuranceLevel;

  /** Stands in for a factor that was lost: comes with the first one, goes with the last, and never counts as one. */
  readonly backup?: boolean;

  /** Whether it can be answered no more, and is therefore not offered; never unless given. */
  isUsedUp?(factor: EnrolledFactor): boolean;

  /** What enrolment takes beside `type` and `label`, as a class-validator class; nothing unless given. */
  readonly enrollmentDto?: Type<object>;

  /**
   * @param others the factors of this type that the account has already
   * @throws Problem when the input is not good for this type
   */
  enroll(input: object, account: Account, others: readonly EnrolledFactor[]): Enrollment | Promise<Enrollment>;

  /** What to ask for a challenge of this factor. */
  ask(factor: EnrolledFactor, challenge: Omit<OpenChallenge, 'kept'>): FactorQuestion | Promise<FactorQuestion>;

  /** The `publicKey` that {@link ask} gave for an open challenge, once more; for types that give one. */
  publicKey?(factor: EnrolledFactor, challenge: OpenChallenge): object | Promise<object>;

  /**
   * Whether the answer is right. Must not change anything: the engine takes the answer, once, afterwards. A malformed
   * answer is a wrong one.
   * @returns null when it is wrong
   */
  verify(factor: EnrolledFactor, challenge: OpenChallenge, answer: Answer): Accepted | null | Promise<Accepted | null>;
}

/**
 * A type whose one gesture proves possession and person, so that it can sign in alone, before anybody knows who is
 * there. Its factors have a {@link Accepted.uniqueKey}, by which the answer is matched to its user; for the purpose
 * `passkey`, {@link FactorType.verify} makes sure that the answer itself names that user.
 */
export interface PasskeyType extends FactorType {
  askAnyone(): FactorQuestion | Promise<FactorQuestion>;

  /** The unique key of the factor that the answer claims to be of; null when it claims none. */
  uniqueKeyOf(answer: Answer): string | null;
}

export function isPasskeyType(type: FactorType): type is PasskeyType {
  return 'askAnyone' in type;
}

export const FactorTypeName = DiscoveryService.createDecorator<string>();

/** Registers a class as the factor type of that name. It only fits a {@link FactorType}. */
export const MfaFactorType = (name: string) =>
  applyDecorators(Injectable(), FactorTypeName(name)) as <T extends new (...args: never[]) => FactorType>(
    target: T,
  ) => void;
