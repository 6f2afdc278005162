import type { Measurements } from '../../engine/index.ts';
import type { Recipe } from '../../engine/forms.ts';
import type { OpenedData, OpenedModel, Point, Settings, StudioState } from '../../store/index.ts';

type Verified = Extract<StudioState['exported'], { kind: 'ready' }>['value']['verified'];

/** Everything the report says, as plain data. */
export interface ReportData {
  readonly name: string;
  readonly modelId: string;
  readonly recipe: Recipe;
  readonly settings: Settings;
  readonly dataset: string;
  readonly before: Measurements | undefined;
  readonly after: Measurements;
  readonly verified: Verified;
}
interface ReportSource {
  readonly model: OpenedModel | undefined;
  readonly points: readonly Point[];
  readonly settings: Settings;
  readonly data: OpenedData | undefined;
  readonly point: Point;
  readonly verified: Verified;
}

const isOriginal = (point: Point): boolean =>
  !point.evaluation.recipe.steps.some((step) => step.off !== true);

/** Only points measured under the conditions of the exported one are put beside it. */
export function reportData({
  model,
  points,
  settings,
  data,
  point,
  verified,
}: ReportSource): ReportData {
  const conditions = (each: Point): string =>
    JSON.stringify([each.evaluation.settings, each.evaluation.dataset]);
  const comparable = points.filter((each) => conditions(each) === conditions(point));
  return {
    name: model?.name ?? '',
    modelId: model?.id ?? '',
    recipe: point.evaluation.recipe,
    settings,
    dataset: data?.name ?? '',
    before: pairedOriginal(comparable.find(isOriginal), point),
    after: point.evaluation.measurements,
    verified,
  };
}

/** The original, with its latency of the same rounds as the variant's. */
function pairedOriginal(original: Point | undefined, point: Point): Measurements | undefined {
  const measurements = original?.evaluation.measurements;
  const paired = point.evaluation.measurements.latency?.reference;
  return measurements === undefined || paired === undefined
    ? measurements
    : { ...measurements, latency: paired };
}
