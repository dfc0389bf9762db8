import { Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/index.js';
import type { AuditEntry } from '../../audit/audit-event.js';
import { Audit } from '../../audit/audit.service.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { Secrets } from '../../kernel/secrets.js';
import type { Factor } from '../enrollment/factor.entity.js';
import { FactorRepository } from '../enrollment/factor.repository.js';
import { FactorVault } from '../enrollment/factor-vault.js';
import { Freshness } from '../enrollment/freshness.js';
import { RECOVERY_CODE, RecoveryCodeFactorType } from '../factor-types/recovery-code/recovery-code.factor-type.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';

/** So many codes left are worth a notice. */
const FEW = 3;

/** A user's one set of recovery codes. It lies in a factor row, so that challenges, attempts and budgets are shared. */
@Injectable()
export class RecoveryCodes {
  constructor(
    private readonly rows: FactorRepository,
    private readonly vault: FactorVault,
    private readonly type: RecoveryCodeFactorType,
    private readonly types: FactorTypes,
    private readonly freshness: Freshness,
    private readonly secrets: Secrets,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * The set that comes with the first factor.
   * @returns null when another first factor, activated as this one was removed again, brought it
   */
  async issueFirst({ createdAt }: Factor, caller: Caller): Promise<string[] | null> {
    const { userId } = caller;
    const old = await this.find(userId);
    if (old && old.createdAt >= createdAt) return null;
    if (old) await this.rows.remove(old.id, userId);
    return this.issue(caller);
  }

  /**
   * Records that a code was used, of which the user gets a notice; and another when few are left.
   * @param secret what is kept of the codes that are left
   */
  noteUse(use: Omit<AuditEntry, 'type'>, secret: string, origin: RequestOrigin): void {
    const remaining = this.type.remaining(secret);
    this.audit.record({ type: 'recovery_code.used', ...use, detail: { remaining } }, origin);
    if (remaining === FEW) this.audit.record({ type: 'recovery_codes.low', ...use, detail: { remaining } }, origin);
  }

  /** How many codes the user has left. */
  async remaining(userId: string): Promise<number> {
    const factor = await this.find(userId);
    return factor ? this.type.remaining(this.vault.open(factor).secret!) : 0;
  }

  /**
   * A new set; the old one is dead. Takes a factor proved lately, other than a recovery code: whoever finds one code
   * must not get ten.
   * @throws Problem `insufficient_user_authentication`, `conflict` when there is no factor, or in a race
   */
  async renew(caller: Caller): Promise<string[]> {
    const { userId } = caller;
    const enrolled = await this.freshness.require(caller, this.types.enrollable());
    if (!enrolled) throw MfaProblem.conflict({ detail: 'Enrol a factor first. Recovery codes come with it.' });
    const old = await this.find(userId);
    // Removed, not changed: whatever was counted against the old set goes with it.
    const won = old === null || (await this.rows.remove(old.id, userId));
    const codes = won ? await this.issue(caller) : null;
    if (!codes) throw MfaProblem.conflict({ detail: 'A new set was made in this very moment. Use that one.' });
    return codes;
  }

  /** @returns null when another caller made a set in the same moment */
  private async issue({ userId, sessionId, origin }: Caller): Promise<string[] | null> {
    const { codes, secret } = this.type.createSet(userId);
    const id = this.idOf(userId);
    const factor: Factor = {
      id,
      userId,
      type: RECOVERY_CODE,
      status: 'active',
      label: 'Recovery codes',
      destination: null,
      sealed: this.vault.seal({ id, userId }, secret),
      slot: null,
      preferred: false,
      createdAt: this.clock.now(),
      lastUsedAt: null,
      uniqueKey: null,
      failures: 0,
      blockedUntil: null,
    };
    if (!(await this.rows.insertOnce(factor))) return null;
    this.audit.record({ type: 'recovery_codes.created', userId, sessionId }, origin);
    return codes;
  }

  private find(userId: string): Promise<Factor | null> {
    return this.rows.findOne(this.idOf(userId), userId);
  }

  /** It follows from the user, so that the primary key keeps him from having two sets. */
  private idOf(userId: string): string {
    return this.secrets.hash('recovery-code-set', userId).slice(0, 32);
  }
}
