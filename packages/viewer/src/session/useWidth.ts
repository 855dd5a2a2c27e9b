/**
 * How wide a view is, told to its styles. Container queries would say so as well, but then a browser works out the layout of the
 * whole page for each row that comes into view, instead of that of the row.
 */
import { type RefObject, useLayoutEffect, useRef } from "react"

/** Of the element that gets `--view-width` in pixels, and what of `widths` it reaches as `data-reaches`. */
export const useWidth = (widths: ReadonlyArray<number>): RefObject<HTMLDivElement | null> => {
  const view = useRef<HTMLDivElement>(null)
  const steps = widths.join(" ")
  useLayoutEffect(() => {
    const element = view.current
    if (element === null) return
    const tell = (width: number) => {
      element.style.setProperty("--view-width", `${width}px`)
      element.dataset["reaches"] = steps
        .split(" ")
        .filter((step) => Number(step) <= width)
        .join(" ")
    }
    tell(element.clientWidth)
    const observer = new ResizeObserver(() => tell(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [steps])
  return view
}
