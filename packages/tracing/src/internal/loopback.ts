const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Whether an address is on this machine. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname)
