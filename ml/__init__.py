"""Learning and solving: frames and arrays in, frames out.

Belongs here: models, how they are judged, and solvers that SQL does badly. Does not belong here: reading or
writing the warehouse, schedules, definitions of the journey. Nothing in this package imports another
package of ours; "now" and every definition a model needs arrive as arguments.

The list of models is in `ml.registry`, so that a plain solver can be imported without loading scikit-learn.
"""
