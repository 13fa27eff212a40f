use super::evaluate;
use crate::fake::{self, Linear};
use crate::{Normalisation, Task, split};
use homolog_base::Unit;
use homolog_model::model::Variable;

#[test]
fn charge_is_summed_over_places_and_neurons_and_averaged_over_images() {
    let (mut model, params) = fake::model(4, 3, Some(2));
    let variable = |name: &str, sites: usize| Variable { name: name.into(), unit: Unit::ONE, per_frame: true, taped: false, sites };
    model.groups[2].variables = vec![variable("v", 3), variable("charge.na", 2), variable("count", 1), variable("charge.ca", 1)];
    let study = fake::study(1, 8, None);
    // More than are shown at a time.
    let samples = fake::blobs(600, 4, 3, 1.0);
    let split = split(&samples, study.data.as_ref().unwrap(), 0);
    let task = Task::new(&study, &model, &samples, &split, Normalisation { factor: 1.0 }).unwrap();
    let found = evaluate(&task, &params, &mut Linear::default(), &split.train).unwrap();
    let charges: Vec<_> = found.charges.iter().map(|c| (c.group, c.name.as_str(), c.ion.as_str(), c.per_image)).collect();
    // Two neurons of two places: rows 0 to 3; of one place: rows 0 and 1.
    assert_eq!(charges, [(2, "hidden", "na", 6.0), (2, "hidden", "ca", 1.0)]);
    assert_eq!(found.spikes.len(), 1, "counters of charge are no spikes");
}

#[test]
fn a_network_without_cells_has_no_charge() {
    let (model, params) = fake::model(4, 3, Some(2));
    let study = fake::study(1, 8, None);
    let samples = fake::blobs(60, 4, 3, 1.0);
    let split = split(&samples, study.data.as_ref().unwrap(), 0);
    let task = Task::new(&study, &model, &samples, &split, Normalisation { factor: 1.0 }).unwrap();
    assert!(evaluate(&task, &params, &mut Linear::default(), &split.test).unwrap().charges.is_empty());
}
