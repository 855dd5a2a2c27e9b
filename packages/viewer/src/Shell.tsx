/**
 * What stands around every view: where one can go, how the hive is, and the keys that work everywhere.
 */
import { Link, Outlet, useNavigate } from "@tanstack/react-router"
import { ChartColumn, FlaskConical, Keyboard, List, Monitor, Moon, Sun } from "lucide-react"
import { useConnection } from "./hive/live.ts"
import { KeyDialog } from "./hive/KeyDialog.tsx"
import { Shortcuts, useShortcuts } from "./keyboard/Shortcuts.tsx"
import { IconButton } from "./design/Button.tsx"
import { nextTheme, setTheme, useTheme } from "./design/theme.ts"
import icon from "./design/icon.svg"
import styles from "./Shell.module.css"

const destinations = [
  { to: "/", word: "Sessions", icon: List },
  { to: "/aggregates", word: "Metrics", icon: ChartColumn },
  { to: "/experiments", word: "Evals", icon: FlaskConical }
] as const

const themes = { system: [Monitor, "as the system"], light: [Sun, "light"], dark: [Moon, "dark"] } as const

const pressHelp = () => dispatchEvent(new KeyboardEvent("keydown", { key: "?" }))

const Rail = () => {
  const theme = useTheme()
  const [Icon, word] = themes[theme]
  return (
    <nav className={styles["rail"]} aria-label="HoneyHive">
      <Link to="/" className={styles["logo"]} aria-label="HoneyHive: all sessions">
        <img src={icon} alt="" width={24} height={24} />
      </Link>
      {destinations.map(({ icon: Icon, to, word }) => (
        <Link
          key={to}
          to={to}
          className={styles["destination"]}
          activeOptions={{ exact: to === "/", includeSearch: false }}
        >
          <Icon size={18} aria-hidden />
          <span>{word}</span>
        </Link>
      ))}
      <div className={styles["foot"]}>
        <IconButton label={`Colours: ${word}`} onClick={() => setTheme(nextTheme[theme])}>
          <Icon size={16} aria-hidden />
        </IconButton>
        <IconButton label="Keyboard shortcuts" onClick={pressHelp}>
          <Keyboard size={16} aria-hidden />
        </IconButton>
      </div>
    </nav>
  )
}

const Away = () =>
  useConnection() === "away" ? (
    <p className={styles["away"]} role="status">
      The hive does not answer. What is shown is as it was; this page goes on by itself when the hive is back.
    </p>
  ) : null

const Everywhere = () => {
  const navigate = useNavigate()
  const theme = useTheme()
  useShortcuts("Everywhere", {
    "g s": ["sessions", () => void navigate({ to: "/" })],
    "g m": ["metrics", () => void navigate({ to: "/aggregates" })],
    "g e": ["experiments", () => void navigate({ to: "/experiments" })],
    t: ["light, dark or the system's colours", () => setTheme(nextTheme[theme])]
  })
  return null
}

export const Shell = () => (
  <Shortcuts>
    <Everywhere />
    <a className={styles["skip"]} href="#main">
      Skip to the content
    </a>
    <div className={styles["shell"]}>
      <Rail />
      <div className={styles["column"]}>
        <Away />
        <main id="main" className={styles["main"]} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </div>
    <KeyDialog />
  </Shortcuts>
)
