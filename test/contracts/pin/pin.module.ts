import { Module } from '@nestjs/common';
import { PinFactorType } from './pin.factor-type.js';

/** All it takes to add a factor type: import this module. */
@Module({ providers: [PinFactorType] })
export class PinModule {}
