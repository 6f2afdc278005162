/**
 * What a chart shows, as plain data: numbers in data units, words already written. One scene is drawn twice: by the components
 * beside this file on the screen, and by the `svg-*` functions into a report, so that both say the same.
 */
export type Tone = 'original' | 'variant' | 'accent' | 'quiet';

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Axis {
  /** What it measures, unit included where the ticks do not carry it. */
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly Tick[];
}

/** One measured thing. `hollow` and shape tell kinds apart without colour. */
export interface Mark {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  /** 95 % interval of y. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly tone: Tone;
  readonly shape: 'circle' | 'square' | 'ring';
  readonly hollow: boolean;
  readonly size: 'small' | 'large';
  /** Written beside the mark. */
  readonly label?: string;
  /** The tooltip, and what a screen reader says: a title, then name and value pairs. */
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  /** Enter or a click does something. */
  readonly pickable: boolean;
}

/** A guess: never drawn as a mark. Dashed, hollow, and named so. */
export interface Guess {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

export interface Curve {
  readonly id: string;
  readonly tone: Tone;
  readonly points: readonly CurvePoint[];
  /** A staircase: between two points nothing better was measured. */
  readonly step: boolean;
  readonly label?: string;
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A line across the plot at one value, e.g. the original's accuracy or the dial's position. */
export interface Rule {
  readonly id: string;
  readonly axis: 'x' | 'y';
  readonly at: number;
  readonly tone: Tone;
  readonly label?: string;
  /** Of a line along x: its name stands above its end, or above its start. */
  readonly labelAt?: 'end' | 'start';
}

export interface XYScene {
  /** Name of the drawing for those who do not see it. */
  readonly name: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  readonly curves: readonly Curve[];
  readonly rules: readonly Rule[];
  readonly guess?: Guess | undefined;
  /** Places on the x axis where something is not measured yet. */
  readonly missing: readonly number[];
}

/** Two bars a row, original above variant. */
export interface BarsScene {
  readonly name: string;
  /** The length of the longest bar stands for this. */
  readonly max: number;
  readonly rows: readonly BarRow[];
  readonly beforeLabel: string;
  readonly afterLabel: string;
}
export interface BarRow {
  readonly id: string;
  readonly name: string;
  /** Operator, fused operator, device. */
  readonly note: string;
  /** undefined: the side has no such row; `text` says so. */
  readonly before: Bar;
  readonly after: Bar;
  /** A sum or a remainder, not a layer of its own. */
  readonly aside: boolean;
}
export interface Bar {
  readonly value: number | undefined;
  readonly text: string;
}

export interface HistogramScene {
  readonly name: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Bin limits in data units; `before` and `after` are heights on the y axis (already logarithmic where that was chosen). */
  readonly bins: readonly HistogramBin[];
  /** Symmetric: drawn at ± value. */
  readonly threshold: { readonly value: number; readonly label: string } | undefined;
  readonly grid: { readonly values: readonly number[]; readonly label: string } | undefined;
  /** A bin that reaches beyond the axis, and what it would show. */
  readonly overflow: { readonly at: number; readonly label: string } | undefined;
  readonly beforeLabel: string;
  readonly afterLabel: string | undefined;
}
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly after: number | undefined;
  readonly title: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** Rows of a table view. The first column names the row. */
export interface ChartTable {
  readonly columns: readonly { readonly label: string; readonly numeric: boolean }[];
  readonly rows: readonly {
    readonly id: string;
    readonly cells: readonly string[];
    readonly current?: boolean;
  }[];
}

/** A chart as a report holds it: words, and a drawing (SVG text) that needs nothing from outside. */
export interface ReportChart {
  readonly title: string;
  readonly summary: string;
  readonly svg: string;
  readonly notes: readonly string[];
}
