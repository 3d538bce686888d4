//! Dropout of layers in double precision.

use crate::support::{Numbers, Setup, in_precision, tensor};
use rekindle_models::{CellKind, RecurrentConfig, SpatialDropout};

on_every_backend! { dropout_keeps_double_precision }

fn dropout_keeps_double_precision(setup: &Setup) {
    let setup = setup.tracked();
    let input = tensor::<3>(&Numbers::new(1).vector(24, 1.0), [2, 4, 3], &setup);
    let input = SpatialDropout::new(0.5).forward(input);
    assert_eq!(input.dtype(), setup.dtype);
    for cell in CellKind::ALL {
        let config = RecurrentConfig::new(cell, 3, 4)
            .with_recurrent_dropout(0.5)
            .with_zoneout((0.1, 0.1));
        let layer = in_precision(config.init(&setup.device), &setup);
        let hidden = layer.forward(input.clone(), None, None).hidden;
        assert_eq!(hidden.dtype(), setup.dtype, "{cell:?}");
    }
}
