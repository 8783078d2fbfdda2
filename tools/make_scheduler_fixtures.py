#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/parity/schedulers.safetensors: whole runs of diffusers' schedulers with a stub network.

    pip install torch==2.13.0 diffusers==0.42.* transformers==5.23.* safetensors
    tools/make_scheduler_fixtures.py tests/parity
"""
import json
import pathlib
import sys
import tempfile

import diffusers
import torch
from make_stable_diffusion_fixture import stub_network
from parity_fixture import inputs, save

SD = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
V_ZERO_SNR = dict(SD, prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing")
# With a last sigma of 0 diffusers' bh1 ends in NaN.
BH1 = dict(SD, solver_type="bh1", final_sigmas_type="sigma_min")
BETAS = [0.0001 + 0.00002 * i for i in range(1000)]

# class: [(configuration, steps, first step)]; a first step above 0 is a run at reduced strength.
RUNS = {
    "EulerDiscreteScheduler": [
        (SD, 25, 0), (dict(SD, timestep_spacing="leading", steps_offset=1), 50, 20), (V_ZERO_SNR, 7, 0),
        (dict(SD, use_karras_sigmas=True), 15, 0), (dict(SD, use_exponential_sigmas=True), 6, 2),
        (dict(SD, use_karras_sigmas=True, sigma_min=0.1, sigma_max=9.0, final_sigmas_type="sigma_min"), 10, 0),
        (dict(prediction_type="sample"), 4, 0), (SD, 1, 0)],
    "EulerAncestralDiscreteScheduler": [
        (SD, 20, 0), (dict(SD, timestep_spacing="leading", steps_offset=1), 50, 10), (V_ZERO_SNR, 4, 0), (SD, 1, 0)],
    "DPMSolverMultistepScheduler": [
        (SD, 25, 0), (SD, 12, 0), (SD, 1, 0), (SD, 2, 0), (dict(SD, solver_order=3), 20, 0),
        (dict(SD, solver_order=3, timestep_spacing="leading", steps_offset=1), 8, 3), (dict(SD, solver_order=1), 5, 0),
        (dict(SD, solver_type="heun"), 20, 4), (dict(SD, use_karras_sigmas=True), 25, 0),
        (dict(SD, use_exponential_sigmas=True, euler_at_final=True), 10, 0), (V_ZERO_SNR, 10, 0),
        (dict(SD, prediction_type="sample", final_sigmas_type="sigma_min"), 20, 0),
        (dict(beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1), 10, 0),
        (dict(SD, algorithm_type="sde-dpmsolver++"), 20, 0),
        (dict(SD, algorithm_type="sde-dpmsolver++", use_karras_sigmas=True), 10, 3),
        (dict(SD, algorithm_type="sde-dpmsolver++", solver_order=3), 16, 0),
        (dict(SD, algorithm_type="sde-dpmsolver++", solver_type="heun"), 9, 0)],
    "UniPCMultistepScheduler": [
        (SD, 20, 0), (dict(SD, solver_order=3), 12, 0), (dict(BH1), 10, 0), (dict(BH1, solver_order=3, predict_x0=False), 9, 0), (dict(SD, solver_order=1), 4, 0),
        (dict(SD, use_karras_sigmas=True, final_sigmas_type="sigma_min"), 15, 0), (V_ZERO_SNR, 8, 0),
        (dict(SD, disable_corrector=[0, 1], timestep_spacing="leading", steps_offset=1), 10, 4), (SD, 1, 0)],
    "LCMScheduler": [
        ({}, 4, 0), ({}, 1, 0), (dict(original_inference_steps=40, prediction_type="v_prediction"), 8, 3),
        (dict(clip_sample=True, timestep_scaling=5.0), 6, 0)],
    "DDPMScheduler": [
        ({}, 10, 0), (dict(SD, clip_sample=False, variance_type="fixed_large"), 50, 20),
        (dict(SD, variance_type="fixed_small_log", prediction_type="v_prediction"), 5, 0),
        (dict(SD, prediction_type="sample", timestep_spacing="trailing"), 7, 0),
        (dict(clip_sample=False, timestep_spacing="linspace"), 9, 0)],
    "DDIMScheduler": [
        (dict(SD, clip_sample=False, steps_offset=1, set_alpha_to_one=False), 50, 25),
        (dict(trained_betas=BETAS, clip_sample=False), 5, 0)],
    "PNDMScheduler": [(dict(SD, skip_prk_steps=True, steps_offset=1), 20, 8)],
}


def make_run(kind, config, steps, first):
    scheduler = getattr(diffusers, kind)(**config)
    with tempfile.TemporaryDirectory() as folder:  # the file as a user has it, with every key
        scheduler.save_pretrained(folder)
        text = (pathlib.Path(folder) / "scheduler_config.json").read_text()
    scheduler.set_timesteps(steps)
    scheduler.set_begin_index(first) if hasattr(scheduler, "set_begin_index") else None
    generator = torch.Generator().manual_seed(11)
    start, noise = inputs(5, 1, 4, 3, 2), inputs(6, 1, 4, 3, 2)
    sample = start * scheduler.init_noise_sigma
    if first > 0:
        sample = scheduler.add_noise(start, noise, scheduler.timesteps[first:first + 1])
    begun, trajectory = sample, []
    for timestep in scheduler.timesteps[first:]:
        output = stub_network(scheduler.scale_model_input(sample, timestep), timestep)
        extra = {"generator": generator} if kind not in ("UniPCMultistepScheduler", "PNDMScheduler") else {}
        sample = scheduler.step(output, timestep, sample, **extra, return_dict=False)[0]
        trajectory.append(sample)
    run = dict(file=text, steps=steps, first=first)
    assert sample.isfinite().all(), (kind, config)
    return run, dict(timesteps=scheduler.timesteps.double(), begun=begun, trajectory=torch.stack(trajectory))


def main():
    runs, tensors = {}, {"start": inputs(5, 1, 4, 3, 2), "noise": inputs(6, 1, 4, 3, 2)}
    for kind, list_of_runs in RUNS.items():
        for index, (config, steps, first) in enumerate(list_of_runs):
            name = f"{kind}_{index}"
            runs[name], made = make_run(kind, config, steps, first)
            tensors |= {f"{name}.{key}": value for key, value in made.items()}
    save(pathlib.Path(sys.argv[1]), "schedulers", runs, tensors)


if __name__ == "__main__":
    main()
