import { originOf } from './request-origin.js';

describe('the origin of a request', () => {
  it('is its id, its address and its User-Agent', () => {
    const headers = { 'user-agent': 'Mozilla/5.0' };
    expect(originOf({ id: 'mine-1', ip: '192.0.2.1', headers })).toEqual({
      requestId: 'mine-1',
      ip: '192.0.2.1',
      device: 'Mozilla/5.0',
    });
  });

  it('is no longer than its columns, whatever a client or a proxy sends', () => {
    const headers = { 'user-agent': 'M'.repeat(256) };
    const { ip, device } = originOf({ id: 'mine-1', ip: '1'.repeat(65), headers });
    expect([ip.length, device.length]).toEqual([64, 255]);
  });

  it('has a dash for an address that nobody knows any more', () => {
    expect(originOf({ id: 'mine-1', headers: {} }).ip).toBe('-');
  });

  it('has an empty device when the client does not say', () => {
    expect(originOf({ id: 'mine-1', ip: '192.0.2.1', headers: {} }).device).toBe('');
  });
});
