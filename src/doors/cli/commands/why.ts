/**
 * `groundwork why`: the one fact that blocks a deployment, and what a person can do about it.
 */

import { withSession } from '../command-action.ts';
import type { AddCommand } from '../command-action.ts';
import { renderExplanation } from '../display/render-explanation.ts';
import { findDeployment } from '../find-deployment.ts';

export const addWhy: AddCommand = (parent, world) => {
  parent
    .command('why')
    .alias('explain')
    .summary('explain why a deployment is where it is')
    .description(
      'Explains why a deployment is where it is: the causes from the deployment to the one fact that blocks it, and what a person can do.',
    )
    .argument('<id>', 'id, its beginning, or name of a deployment')
    .action(
      withSession(world, async (session, [said = '']) => {
        const id = await findDeployment(session.client, said);
        const explanation = await session.client.call('explainDeployment', { params: { id } });
        const page = { columns: session.columns, paint: session.paint, now: session.io.now() };
        session.answer(explanation, () => (session.quiet ? explanation.summary : renderExplanation(explanation, page)));
      }),
    );
};
