import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { CHALLENGE_TTL } from '../../challenges/challenges.service.js';
import { OneTimeCodes } from '../../challenges/one-time-codes.js';
import { Courier } from '../../delivery/courier.js';
import { namedProviders } from '../../kernel/named-providers.js';
import { CodeFactorType } from './code/code.factor-type.js';
import { type FactorType, FactorTypeName, isPasskeyType, type PasskeyType } from './factor-type.js';

/** Every factor type by name: those marked `@MfaFactorType()`, and a code type for each channel. */
@Injectable()
export class FactorTypes implements OnModuleInit {
  private types?: ReadonlyMap<string, FactorType>;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly courier: Courier,
    private readonly codes: OneTimeCodes,
  ) {}

  /** A type that is registered wrongly stops the start. */
  onModuleInit(): void {
    this.all();
  }

  names(): string[] {
    return [...this.all().keys()];
  }

  /** Those that users can enrol by name. */
  enrollable(): string[] {
    return this.names().filter((name) => !this.isBackup(name));
  }

  /** Those that stand in for the others. */
  backups(): string[] {
    return this.names().filter((name) => this.isBackup(name));
  }

  /** See {@link FactorType.backup}. */
  isBackup(name: string): boolean {
    return this.find(name)?.backup === true;
  }

  find(name: string): FactorType | undefined {
    return this.all().get(name);
  }

  /** @throws Error when a row names a type that is not registered any more */
  get(name: string): FactorType {
    const type = this.find(name);
    if (!type) throw new Error(`There is no factor type "${name}": register it again, or remove its factors.`);
    return type;
  }

  /** The type that can sign in alone, with its name; undefined where none is registered. */
  passkey(): readonly [name: string, type: PasskeyType] | undefined {
    for (const [name, type] of this.all()) if (isPasskeyType(type)) return [name, type];
    return undefined;
  }

  private all(): ReadonlyMap<string, FactorType> {
    return (this.types ??= this.collect());
  }

  private collect(): ReadonlyMap<string, FactorType> {
    const types = new Map(namedProviders<FactorType>(this.discovery, FactorTypeName));
    for (const [name, channel] of this.courier.channels()) {
      if (types.has(name)) throw new Error(`"${name}" is both a factor type and a channel.`);
      types.set(name, new CodeFactorType(name, channel, this.codes, CHALLENGE_TTL / 60_000));
    }
    return types;
  }
}
