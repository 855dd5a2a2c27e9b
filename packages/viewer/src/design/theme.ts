/**
 * Light, dark, or what the reader's system says; remembered in this browser.
 */
import { useSyncExternalStore } from "react"

export type Theme = "system" | "light" | "dark"

const KEY = "honeyhive.theme"
const listeners = new Set<() => void>()

/** Reading and writing may be forbidden (private windows); then nothing is remembered. */
export const remembered = (key: string): string | null => {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** See `remembered`; null forgets. */
export const remember = (key: string, value: string | null): void => {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Nothing is remembered
  }
}

const current = (): Theme => {
  const said = document.documentElement.dataset["theme"]
  return said === "light" || said === "dark" ? said : "system"
}

export const setTheme = (theme: Theme): void => {
  if (theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = theme
  remember(KEY, theme === "system" ? null : theme)
  for (const listener of listeners) listener()
}

/** Before the first paint. */
export const restoreTheme = (): void => {
  const theme = remembered(KEY)
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme
}

export const useTheme = (): Theme =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, current)

/** From one to the next. */
export const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" }
