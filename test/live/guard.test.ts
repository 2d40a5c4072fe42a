import { describe, expect, it } from 'vitest'
import { Guard, inAddress, isLoopback, newToken } from '../../lib/live/guard'

const TOKEN = 'a-token-of-some-length'
const HOST = '127.0.0.1:8080'

/** What a guard says: a path, or a status. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET', at = '127.0.0.1'): string | number {
  const answer = new Guard(TOKEN, at).admit({ url, method, headers: { host: HOST, ...headers } })
  return typeof answer === 'string' ? answer : answer.status
}

describe('a token', () => {
  it('is another each time, and needs no escape in an address', () => {
    const tokens = Array.from({ length: 100 }, newToken)
    expect(new Set(tokens).size).toBe(100)
    for (const token of tokens) expect(token).toMatch(/^[\w-]{32}$/)
  })
})

describe('the guard', () => {
  it('lets in who has the token, and tells what is asked for', () => {
    expect(ask(`/${TOKEN}/`)).toBe('')
    expect(ask(`/${TOKEN}/frames`)).toBe('frames')
    expect(ask(`/${TOKEN}/page.css?v=1#x`)).toBe('page.css')
    expect(ask(`/${TOKEN}/a/b`)).toBe('a/b')
    expect(ask(`/${TOKEN}/`, {}, 'HEAD')).toBe('')
  })

  it('refuses another token, one of another length, none, and what is no path', () => {
    for (const url of [
      '/',
      '',
      '/favicon.ico',
      `/${TOKEN}`,
      `/${TOKEN}x/`,
      `/${TOKEN.slice(1)}/`,
      `/b${TOKEN.slice(1)}/`,
    ])
      expect([url, ask(url)]).toEqual([url, 403])
    expect(ask(`//${TOKEN}/`)).toBe(403)
    expect(ask(`http://evil.example/${TOKEN}/`)).toBe(403)
    expect(ask(`/%2e%2e/${TOKEN}/`)).toBe(403)
    expect(ask('*', {}, 'OPTIONS')).toBe(403)
  })

  it('reads only', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT'])
      expect(ask(`/${TOKEN}/`, {}, method)).toBe(405)
  })

  it('answers to names of this machine that no foreign name server can give, with whatever port', () => {
    for (const host of ['127.0.0.1:1', '127.0.0.1', 'localhost:8080', 'LOCALHOST', '[::1]:8080', '[::1]'])
      expect([host, ask(`/${TOKEN}/`, { host })]).toEqual([host, ''])
    for (const host of [
      'evil.example',
      'evil.example:8080',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '',
      '10.0.0.1',
    ])
      expect([host, ask(`/${TOKEN}/`, { host })]).toEqual([host, 421])
    expect(new Guard(TOKEN, '127.0.0.1').admit({ url: `/${TOKEN}/`, method: 'GET', headers: {} })).toMatchObject({
      status: 421,
    })
  })

  it('answers to numbers, and to its own name, where it listens to the network', () => {
    for (const host of ['10.0.0.1:80', '[fe80::1]', 'localhost'])
      expect(ask(`/${TOKEN}/`, { host }, 'GET', '0.0.0.0')).toBe('')
    expect(ask(`/${TOKEN}/`, { host: 'box.example:80' }, 'GET', 'box.example')).toBe('')
    expect(ask(`/${TOKEN}/`, { host: 'evil.example' }, 'GET', '0.0.0.0')).toBe(421)
  })

  it('refuses what pages of other sites ask for, but not a link on one', () => {
    expect(ask(`/${TOKEN}/frames`, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403)
    expect(ask(`/${TOKEN}/`, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe('')
    expect(ask(`/${TOKEN}/frames`, { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' })).toBe('frames')
  })
})

describe('hosts', () => {
  it('know this machine', () => {
    expect(
      ['127.0.0.1', '127.8.9.1', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1', '127.evil.example'].map(isLoopback),
    ).toEqual([true, true, true, true, false, false, false, false])
    expect(['::1', '10.0.0.1', 'box'].map(inAddress)).toEqual(['[::1]', '10.0.0.1', 'box'])
  })
})
