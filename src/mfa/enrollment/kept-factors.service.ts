import { Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/index.js';
import { Audit } from '../../audit/audit.service.js';
import { CommonProblem, invalidAt } from '../../kernel/problem.js';
import type { Principal } from '../../tokens/principal.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';
import { type ChangeFactorDto, type FactorDto, toFactorDto } from './enrollment.dtos.js';
import type { Factor } from './factor.entity.js';
import { FactorRepository } from './factor.repository.js';
import { Freshness } from './freshness.js';

/** The factors that a user has: seen, renamed, preferred. Recovery codes are none of them: they have routes of their own. */
@Injectable()
export class KeptFactors {
  constructor(
    private readonly rows: FactorRepository,
    private readonly types: FactorTypes,
    private readonly freshness: Freshness,
    private readonly audit: Audit,
  ) {}

  async list({ userId }: Principal): Promise<FactorDto[]> {
    return (await this.rows.findAll(userId)).filter(({ type }) => !this.types.isBackup(type)).map(toFactorDto);
  }

  /** @throws Problem `not_found`, `insufficient_user_authentication`, `conflict` */
  async change(caller: Caller, id: string, { label, preferred }: ChangeFactorDto): Promise<FactorDto> {
    const { userId, sessionId, origin } = caller;
    const factor = await this.require(caller, id);
    if (preferred === false) throw invalidAt('/preferred', 'preferred takes true: prefer another factor instead');
    if (preferred && factor.status !== 'active') throw MfaProblem.conflict({ detail: 'Activate the factor first.' });
    if (label !== undefined) await this.rows.rename(id, userId, label);
    if (preferred) await this.rows.prefer(id, userId);
    this.audit.record({ type: 'factor.changed', userId, sessionId, factorType: factor.type, factorId: id }, origin);
    return toFactorDto({ ...factor, label: label ?? factor.label, preferred: preferred ?? factor.preferred });
  }

  /**
   * The factor that the caller wants to change or remove.
   * @throws Problem `insufficient_user_authentication`, `not_found`
   */
  async require(caller: Caller, id: string): Promise<Factor> {
    await this.freshness.require(caller);
    const factor = await this.rows.findOne(id, caller.userId);
    if (!factor || this.types.isBackup(factor.type)) throw CommonProblem.notFound();
    return factor;
  }
}
