//! Rules of plasticity: what belongs to them, and to them alone.

use super::{Checker, Place};
use crate::program::What;
use homolog_ir::Role;

impl Checker<'_, '_> {
    /// POST_SPIKE and TRANSMITS stand in a rule of PLASTICITY; that needs a NET_RECEIVE, whose first argument is the weight.
    pub(super) fn plasticity(&mut self) {
        let rule = self.p.role == Role::Plasticity;
        if let Some((body, span)) = self.p.post {
            self.block(Place::Post, body.iter());
            if !rule {
                self.p.error(
                    "nmodl-plasticity",
                    "only a rule of PLASTICITY has a POST_SPIKE",
                    span,
                    "this block belongs to a PLASTICITY",
                    "remove it, or write PLASTICITY instead of SUFFIX, POINT_PROCESS or ARTIFICIAL_CELL",
                );
            }
        }
        if let Some(name) = self.p.transmits {
            let assigned = self.p.symbol(&name.text).is_some_and(|s| s.what == What::Assigned);
            let given = self.written.get(&name.text).is_some_and(|w| w.iter().any(|(place, _)| *place == Place::Receive));
            self.read.insert(name.text.clone());
            if !rule || !assigned || !given {
                self.p.error(
                    "nmodl-plasticity",
                    format!("`{}` cannot be what arrives at the synapse", name.text),
                    name.span,
                    "an ASSIGNED variable that NET_RECEIVE of a PLASTICITY assigns was expected",
                    "without TRANSMITS it is the weight",
                );
            }
        }
        if !rule {
            return;
        }
        match self.p.receive {
            None => self.p.error(
                "nmodl-plasticity",
                "a rule of PLASTICITY does not say what the weight is",
                self.p.name.span,
                "`NET_RECEIVE (w) { ... }` was expected in the file",
                "its first argument is the weight; its body says what a spike of the sending neuron does",
            ),
            Some(r) if r.arguments.is_empty() => self.p.error(
                "nmodl-plasticity",
                "NET_RECEIVE of a rule of PLASTICITY has no argument",
                r.name.span,
                "`NET_RECEIVE (w)` was expected",
                "its first argument is the weight",
            ),
            Some(_) => {}
        }
    }
}
