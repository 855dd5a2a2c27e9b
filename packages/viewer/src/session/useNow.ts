import { useEffect, useState } from "react"

/** The moment, moving on while something runs. */
export const useNow = (runs: boolean, every = 250): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!runs) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [runs, every])
  return now
}
