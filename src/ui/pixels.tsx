import { useEffect, useRef } from 'react';

interface PixelsProps {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray;
  readonly label: string;
  readonly size: number;
}

/** A small picture drawn as it is: its own pixels, enlarged without smoothing where it is smaller than its place. */
export function Pixels({ width, height, rgba, label, size }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const image = new ImageData(new Uint8ClampedArray(rgba), width, height);
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [rgba, width, height]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      width={width}
      height={height}
      className="pixels"
      style={{ width: size, height: size, imageRendering: width < size * 2 ? 'pixelated' : 'auto' }}
    />
  );
}
