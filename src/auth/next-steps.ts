import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { NextStep } from './next-step.js';

/** Finds who answers {@link NextStep}. */
@Injectable()
export class NextSteps implements OnModuleInit {
  /** Null in an application without second factors. */
  next: NextStep | null = null;

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    try {
      // Looked up, not injected: the module that answers imports this one.
      this.next = this.modules.get(NextStep, { strict: false });
    } catch {
      this.next = null;
    }
  }
}
