import type { Provided } from '../database/provided.js';

/** A user, as the rest of Stepgate knows him. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly disabled: boolean;
}

export interface NewUser {
  /** As {@link normalizeEmail} gives it; proved to be the user's. */
  readonly email: string;
  readonly displayName: string | null;
  /** A PHC string. */
  readonly passwordHash: string;
}

/**
 * Where users live. A team that has users of its own implements this and passes it to
 * `AppModule.with(settings, { users: { store } })`; ids are at most 32 characters of `A-Za-z0-9_.:@-`.
 */
export abstract class UserStore {
  /**
   * The user of that address and password, or null. Must take the same time whether the address is unknown, the
   * password wrong or the user disabled (ASVS 6.3.8), and compare the password whole (ASVS 6.2.8).
   */
  abstract authenticate(email: string, password: string): Promise<User | null>;

  abstract findById(id: string): Promise<User | null>;

  /** By an address as {@link normalizeEmail} gives it. */
  abstract findByEmail(email: string): Promise<User | null>;

  /** @returns null when the address is taken, also when it was taken in this very moment */
  abstract create(user: NewUser): Promise<User | null>;

  abstract setPassword(id: string, passwordHash: string): Promise<void>;

  /** A disabled user cannot sign in. */
  abstract setDisabled(id: string, disabled: boolean): Promise<void>;

  abstract delete(id: string): Promise<void>;

  /**
   * For a store whose table is in the same database: what holds as long as the user is enabled and has the password with
   * which {@link authenticate} found him. It refuses a login that is under way while his password is changed or reset,
   * which ends all sessions that there are by then. Null, unless overridden: then such a login goes on.
   * @param _user as {@link authenticate} returned him
   */
  whileProved(_user: User): Provided | null {
    return null;
  }

  /**
   * For a store whose table is in the same database: what holds as long as the user exists and is enabled. It spares a
   * look at him where a statement can decide it. Null, unless overridden: then he is looked up.
   */
  whileEnabled(_id: string): Provided | null {
    return null;
  }
}
