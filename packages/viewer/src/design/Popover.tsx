import { type ReactNode, useId, useRef } from "react"
import { clsx } from "clsx"
import buttons from "./Button.module.css"
import styles from "./Popover.module.css"

interface PopoverProps {
  /** What the button shows. */
  readonly button: ReactNode
  /** For screen readers and as tooltip, where the button is only a picture. */
  readonly label?: string | undefined
  readonly look?: "outline" | "quiet" | "icon" | undefined
  /** Called with a function that closes it. */
  readonly children: (close: () => void) => ReactNode
}

/** A button with a small window below it; the browser's own popover: Escape and a click elsewhere close it. */
export const Popover = ({ button, children, label, look = "outline" }: PopoverProps) => {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        aria-label={label}
        title={label}
        className={clsx(buttons["button"], buttons[look])}
      >
        {button}
      </button>
      <div ref={box} id={id} popover="auto" className={styles["popover"]}>
        {children(() => box.current?.hidePopover())}
      </div>
    </>
  )
}
