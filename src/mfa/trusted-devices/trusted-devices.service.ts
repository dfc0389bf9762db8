import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import { Audit } from '../../audit/audit.service.js';
import type { Caller } from '../../auth/index.js';
import { Table } from '../../database/table.js';
import type { RequestOrigin } from '../../http/request-origin.js';
import { Clock } from '../../kernel/clock.js';
import { isRandomId, randomId, Secrets } from '../../kernel/secrets.js';
import { Sessions } from '../../sessions/sessions.service.js';
import type { Principal } from '../../tokens/principal.js';
import { MFA_OPTIONS, type MfaOptions } from '../mfa.options.js';
import { TrustedDevice } from './trusted-device.entity.js';

/** In bytes: 256 bits (ASVS 7.2.3 asks for 128). */
const TOKEN_LENGTH = 32;
const USE = 'trusted-device';

/**
 * Devices that skip the second step at login, and nothing more: a session opened with one stays at `aal1`, so every
 * `@RequireMfa()` still asks. Off unless the configuration gives them a lifetime.
 */
@Injectable()
export class TrustedDevices {
  private readonly table: Table<TrustedDevice>;

  constructor(
    @InjectRepository(TrustedDevice) private readonly rows: Repository<TrustedDevice>,
    private readonly sessions: Sessions,
    private readonly secrets: Secrets,
    private readonly audit: Audit,
    private readonly clock: Clock,
    @Inject(MFA_OPTIONS) private readonly options: MfaOptions,
  ) {
    this.table = new Table(rows);
  }

  /**
   * Trusts the device that the request comes from, unless the session has just ended.
   * @returns its token, or null when devices are not trusted here
   */
  async remember({ userId, sessionId, origin }: Caller): Promise<string | null> {
    if (this.options.trustedDeviceTtl === undefined) return null;
    const token = randomBytes(TOKEN_LENGTH).toString('base64url');
    const now = this.clock.now();
    const { device, ip } = origin;
    const id = randomId();
    const row: TrustedDevice = {
      id,
      userId,
      tokenHash: this.hash(token),
      device,
      ip,
      sessionId: null,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: this.clock.in(this.options.trustedDeviceTtl),
    };
    // A new password ends the sessions, then forgets the devices: none must come after that.
    const provided = this.sessions.whileAlive(sessionId);
    if ((await this.table.insertProvided({ row, provided })) === 0) return null;
    this.audit.record({ type: 'trusted_device.remembered', userId, sessionId, detail: { device: id } }, origin);
    return token;
  }

  /** The device that the token is of, whosever it is, while it is trusted. */
  async find(token: string): Promise<TrustedDevice | null> {
    if (this.options.trustedDeviceTtl === undefined) return null;
    return this.rows.findOneBy({ tokenHash: this.hash(token), ...this.unexpired() });
  }

  /** Whether the token is one of that user's; the session that was just opened counts as opened with it. */
  async recognize({ userId, sessionId }: Principal, token: string): Promise<boolean> {
    if (this.options.trustedDeviceTtl === undefined) return false;
    const now = this.clock.now();
    const { affected } = await this.rows.update(
      { tokenHash: this.hash(token), userId, ...this.unexpired() },
      { lastUsedAt: now, sessionId },
    );
    return affected === 1;
  }

  /** Whether that session was opened with a device that is still trusted. */
  async hasOpened(sessionId: string): Promise<boolean> {
    if (this.options.trustedDeviceTtl === undefined) return false;
    return this.rows.existsBy({ sessionId, ...this.unexpired() });
  }

  /** Those of the user that are still trusted, last used first. */
  list(userId: string): Promise<TrustedDevice[]> {
    return this.rows.find({ where: { userId, ...this.unexpired() }, order: { lastUsedAt: 'DESC', id: 'ASC' } });
  }

  /** @returns whether there was such a device, and his */
  async forget(
    id: string,
    { userId, sessionId, origin }: Pick<Caller, 'userId' | 'sessionId' | 'origin'>,
  ): Promise<boolean> {
    if (!isRandomId(id)) return false;
    const { affected } = await this.rows.delete({ id, userId });
    if (affected === 1)
      this.audit.record({ type: 'trusted_device.revoked', userId, sessionId, detail: { device: id } }, origin);
    return affected === 1;
  }

  /** No device of the user is trusted any more: for a new password, and for factors that were reset. */
  async forgetAll(userId: string, origin: RequestOrigin): Promise<void> {
    const { affected } = await this.rows.delete({ userId });
    if (affected) this.audit.record({ type: 'trusted_device.revoked', userId, detail: { devices: affected } }, origin);
  }

  private unexpired() {
    // A lifetime that was shortened since counts for devices remembered before, too.
    return {
      expiresAt: MoreThan(this.clock.now()),
      createdAt: MoreThan(this.clock.ago(this.options.trustedDeviceTtl ?? 0)),
    };
  }

  private hash(token: string): string {
    return this.secrets.hash(USE, token);
  }
}
