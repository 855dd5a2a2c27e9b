import { clsx } from "clsx"
import type { ButtonHTMLAttributes, ReactNode } from "react"
import styles from "./Button.module.css"

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `solid` is for the one thing that a reader most likely wants here. */
  readonly look?: "outline" | "solid" | "quiet" | undefined
  readonly children: ReactNode
}

/** A button with words. */
export const Button = ({ className, look = "outline", ...rest }: ButtonProps) => (
  <button type="button" className={clsx(styles["button"], styles[look], className)} {...rest} />
)

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  /** What it does, for its tooltip and for screen readers. */
  readonly label: string
  readonly children: ReactNode
}

/** A button that is only a picture. */
export const IconButton = ({ className, label, ...rest }: IconButtonProps) => (
  <button
    type="button"
    aria-label={label}
    title={label}
    className={clsx(styles["button"], styles["icon"], className)}
    {...rest}
  />
)
