import { ImageOff, Image as ImageIcon } from "lucide-react"
import { pictureOf } from "./address.ts"
import styles from "./Picture.module.css"

interface PictureProps {
  readonly url: string
  readonly alt: string
}

/**
 * A picture of a trace. One that is not in the trace itself is never loaded into the page: the reader may open it, in a tab of its
 * own, where its host learns of it but not of this page.
 */
export const Picture = ({ alt, url }: PictureProps) => {
  const picture = pictureOf(url)
  if (picture?._tag === "here") return <img className={styles["picture"]} src={picture.src} alt={alt} loading="lazy" />
  return (
    <span className={styles["elsewhere"]}>
      {picture === undefined ? <ImageOff size={14} aria-hidden /> : <ImageIcon size={14} aria-hidden />}
      {picture === undefined ? (
        <span>a picture that cannot be shown: {url.slice(0, 80)}</span>
      ) : (
        <a href={picture.href} target="_blank" rel="noopener noreferrer nofollow">
          show image from {picture.host}
        </a>
      )}
    </span>
  )
}
