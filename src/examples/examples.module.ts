import { Module } from '@nestjs/common';
import { ExamplesController } from './examples.controller.js';

/** Routes that show `@RequireMfa()`. */
@Module({ controllers: [ExamplesController] })
export class ExamplesModule {}
