use super::{Memory, before_compiling, of_training};
use crate::fake;
use crate::{Normalisation, Task, split};
use homolog_base::Unit;
use homolog_model::model::{Fixed, Learned, Opening, Tree, Variable};
use homolog_model::{Group, Optimiser};

#[test]
fn every_size_that_grows_makes_the_estimate_grow() {
    let need = |features, batch, optimiser, patience, saves| {
        let mut study = fake::study(1, batch, patience);
        study.training.as_mut().unwrap().optimiser = Optimiser::into(optimiser);
        let (model, params) = fake::model(features, 3, None);
        let samples = fake::blobs(600, features, 3, 1.0);
        let split = split(&samples, study.data.as_ref().unwrap(), 0);
        let task = Task::new(&study, &model, &samples, &split, Normalisation { factor: 1.0 }).unwrap();
        of_training(&task, &params, 1 << 20, saves).total()
    };
    let (adam, sgd) = (Optimiser::default(), Optimiser::Sgd { momentum: 0.9 });
    let least = need(50, 8, sgd, None, false);
    assert!(need(100, 8, sgd, None, false) > least);
    assert!(need(50, 80, sgd, None, false) > least);
    assert!(need(50, 8, adam, None, false) > least);
    assert!(need(50, 8, sgd, Some(3), false) > least);
    assert!(need(50, 8, sgd, None, true) > least);
    // No batch is larger than the part that is learned from.
    assert_eq!(need(50, 1 << 39, sgd, None, false), need(50, 1 << 40, sgd, None, false));
}

#[test]
fn every_column_of_cells_makes_the_estimate_grow() {
    let study = fake::study(1, 8, None);
    let samples = fake::blobs(600, 50, 3, 1.0);
    let split = split(&samples, study.data.as_ref().unwrap(), 0);
    let need = |change: &dyn Fn(&mut Group)| {
        let (mut model, params) = fake::model(50, 3, Some(20));
        model.ticks = 100;
        model.groups[2].variables = vec![Variable { name: "v".into(), unit: Unit::ONE, per_frame: false, taped: true, sites: 1 }];
        change(&mut model.groups[2]);
        let task = Task::new(&study, &model, &samples, &split, Normalisation { factor: 1.0 }).unwrap();
        of_training(&task, &params, 1 << 30, false).batch
    };
    let least = need(&|_| {});
    // Of a number that is kept for every tick, 20 neurons of 8 samples have as many as there are ticks.
    let taped = 8.0 * 20.0 * 8.0 * 100.0;
    assert!(need(&|g| g.variables[0].sites = 2) > least + taped);
    let opening = || Opening { name: "arrive.positive".into(), sites: 2 };
    assert!(need(&|g| g.arrivals.push(opening())) > least + 2.0 * taped);
    let pivots = need(&|g| {
        g.tree = Some(Tree { parent: vec![None, Some(0)], membrane: 2, couplings: Some(vec![0.0, 1.0]), extrapolate: false, potential: 0 });
    });
    assert!(pivots > least + 2.0 * taped, "a pivot for each node and tick");
    let once: [&dyn Fn(&mut Group); 4] = [
        &|g| g.signed.push(opening()),
        &|g| g.work.push(Opening { name: "membrane.d".into(), sites: 2 }),
        &|g| g.fixed.push(Fixed { name: "area".into(), sites: 2, values: None }),
        &|g| g.learned.push(Learned { name: "diameter".into(), tensor: 0, part: vec![0, 0], kind: vec![] }),
    ];
    for (k, change) in once.iter().enumerate() {
        let more = need(change);
        assert!(more > least && more < least + taped, "{k}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_numbers_and_the_size_to_reduce() {
    let study = fake::study(1, 16, None);
    let hint = |m: Memory| m.refuse(&study, 1 << 30).map(|d| d.hint.unwrap());
    let one = (1u64 << 30) as f64;
    assert_eq!(hint(Memory { weights: 0.5 * one, ..Memory::default() }), None);
    assert!(hint(Memory { weights: 2.0 * one, ..Memory::default() }).unwrap().contains("`size`"));
    assert!(hint(Memory { batch: 2.0 * one, ..Memory::default() }).unwrap().contains("`batch`"));
    assert!(hint(Memory { results: 2.0 * one, ..Memory::default() }).unwrap().contains("`--seeds`"));
    let said = Memory { weights: 2.0 * one, ..Memory::default() }.refuse(&study, 1 << 30).unwrap();
    assert!(
        said.code == "memory-exceeded" && said.message.contains("2.0 GiB for weights") && said.message.contains("1.0 GiB are available")
    );
}

#[test]
fn sizes_are_counted_before_anything_is_compiled() {
    let mut study = fake::study(1, 16, None);
    let before = before_compiling(&study).weights;
    for p in &mut study.network.populations {
        p.size.value = 1 << 39;
    }
    // Products of such sizes do not overflow.
    assert!(before_compiling(&study).weights >= before);
}
