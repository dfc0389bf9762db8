import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThanOrEqual, type Repository } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { Clock } from '../../kernel/clock.js';
import { TrustedDevice } from './trusted-device.entity.js';

/** Deletes devices whose time is over. */
@Injectable()
export class TrustedDevicePurge {
  constructor(
    @InjectRepository(TrustedDevice) private readonly rows: Repository<TrustedDevice>,
    private readonly clock: Clock,
  ) {}

  @Interval(3_600_000)
  async purge(): Promise<void> {
    await deleteInBatches(this.rows, 'id', { expiresAt: LessThanOrEqual(this.clock.now()) });
  }
}
