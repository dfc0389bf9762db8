import { ConfigurableModuleBuilder, Global, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';
import { TypeOrmUserStore } from './typeorm-user-store.js';
import { UserRow } from './user.entity.js';
import { UserStore } from './user-store.js';

export interface UsersExtras {
  /** Where users live; our own table unless given. */
  store: Type<UserStore>;
  /** What that class depends on. */
  imports: NonNullable<ModuleMetadata['imports']>;
}

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<Record<never, never>>({ moduleName: 'Users' })
  .setClassMethodName('forRoot')
  .setExtras<Partial<UsersExtras>>({}, (definition, { store = TypeOrmUserStore, imports = [] }) => ({
    ...definition,
    imports: [
      ...(definition.imports ?? []),
      ...imports,
      ...(store === TypeOrmUserStore ? [TypeOrmModule.forFeature([UserRow])] : []),
    ],
    providers: [...(definition.providers ?? []), { provide: UserStore, useClass: store }],
  }))
  .build();

/** Where users live, and their passwords. */
@Global()
@Module({
  providers: [PasswordHasher, PasswordPolicy],
  exports: [UserStore, PasswordHasher, PasswordPolicy],
})
export class UsersModule extends ConfigurableModuleClass {}
