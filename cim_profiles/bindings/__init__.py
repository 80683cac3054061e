"""One table per CIM class, written by `python -m cim_profiles.generate`; never edited."""

from dataclasses import dataclass

from cim_profiles.columns import Flags, Floats, Numbers, Table, Texts


@dataclass(frozen=True, eq=False)
class IdentifiedObject(Table):
    """Objects of class IdentifiedObject."""

    name: Texts
    """text, profile EQ"""


@dataclass(frozen=True, eq=False)
class BaseVoltage(IdentifiedObject):
    """Objects of class BaseVoltage."""

    nominalVoltage: Floats
    """kV, profile EQ"""


@dataclass(frozen=True, eq=False)
class Substation(IdentifiedObject):
    """Objects of class Substation."""


@dataclass(frozen=True, eq=False)
class VoltageLevel(IdentifiedObject):
    """Objects of class VoltageLevel."""

    BaseVoltage: Numbers
    """reference, profile EQ"""

    Substation: Numbers
    """reference, profile EQ"""

    highVoltageLimit: Floats
    """kV, profile EQ"""

    lowVoltageLimit: Floats
    """kV, profile EQ"""


@dataclass(frozen=True, eq=False)
class Bay(IdentifiedObject):
    """Objects of class Bay."""

    VoltageLevel: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class Line(IdentifiedObject):
    """Objects of class Line."""


@dataclass(frozen=True, eq=False)
class ConnectivityNode(IdentifiedObject):
    """Objects of class ConnectivityNode."""

    ConnectivityNodeContainer: Numbers
    """reference, profile EQ"""

    TopologicalNode: Numbers
    """reference, profile TP"""


@dataclass(frozen=True, eq=False)
class TopologicalNode(IdentifiedObject):
    """Objects of class TopologicalNode."""

    BaseVoltage: Numbers
    """reference, profile TP"""

    ConnectivityNodeContainer: Numbers
    """reference, profile TP"""


@dataclass(frozen=True, eq=False)
class ACDCTerminal(IdentifiedObject):
    """Objects of class ACDCTerminal."""

    sequenceNumber: Floats
    """number, profile EQ"""

    connected: Flags
    """flag, profile SSH"""


@dataclass(frozen=True, eq=False)
class Terminal(ACDCTerminal):
    """Objects of class Terminal."""

    ConductingEquipment: Numbers
    """reference, profile EQ"""

    ConnectivityNode: Numbers
    """reference, profile EQ"""

    TopologicalNode: Numbers
    """reference, profile TP"""


@dataclass(frozen=True, eq=False)
class Equipment(IdentifiedObject):
    """Objects of class Equipment."""

    EquipmentContainer: Numbers
    """reference, profile EQ"""

    inService: Flags
    """flag, profile SSH"""


@dataclass(frozen=True, eq=False)
class ConductingEquipment(Equipment):
    """Objects of class ConductingEquipment."""

    BaseVoltage: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class BusbarSection(ConductingEquipment):
    """Objects of class BusbarSection."""


@dataclass(frozen=True, eq=False)
class Junction(ConductingEquipment):
    """Objects of class Junction."""


@dataclass(frozen=True, eq=False)
class Ground(ConductingEquipment):
    """Objects of class Ground."""


@dataclass(frozen=True, eq=False)
class PetersenCoil(ConductingEquipment):
    """Objects of class PetersenCoil."""


@dataclass(frozen=True, eq=False)
class GroundingImpedance(ConductingEquipment):
    """Objects of class GroundingImpedance."""


@dataclass(frozen=True, eq=False)
class Conductor(ConductingEquipment):
    """Objects of class Conductor."""

    length: Floats
    """number, profile EQ"""


@dataclass(frozen=True, eq=False)
class ACLineSegment(Conductor):
    """Objects of class ACLineSegment."""

    r: Floats
    """ohm, profile EQ"""

    x: Floats
    """ohm, profile EQ"""

    bch: Floats
    """S, profile EQ"""

    gch: Floats
    """S, profile EQ"""


@dataclass(frozen=True, eq=False)
class SeriesCompensator(ConductingEquipment):
    """Objects of class SeriesCompensator."""

    r: Floats
    """ohm, profile EQ"""

    x: Floats
    """ohm, profile EQ"""


@dataclass(frozen=True, eq=False)
class EquivalentBranch(ConductingEquipment):
    """Objects of class EquivalentBranch."""

    r: Floats
    """ohm, profile EQ"""

    x: Floats
    """ohm, profile EQ"""

    r21: Floats
    """ohm, profile EQ"""

    x21: Floats
    """ohm, profile EQ"""


@dataclass(frozen=True, eq=False)
class Switch(ConductingEquipment):
    """Objects of class Switch."""

    normalOpen: Flags
    """flag, profile EQ"""

    retained: Flags
    """flag, profile EQ"""

    ratedCurrent: Floats
    """A, profile EQ"""

    open: Flags
    """flag, profile SSH"""


@dataclass(frozen=True, eq=False)
class Breaker(Switch):
    """Objects of class Breaker."""


@dataclass(frozen=True, eq=False)
class Disconnector(Switch):
    """Objects of class Disconnector."""


@dataclass(frozen=True, eq=False)
class LoadBreakSwitch(Switch):
    """Objects of class LoadBreakSwitch."""


@dataclass(frozen=True, eq=False)
class ProtectedSwitch(Switch):
    """Objects of class ProtectedSwitch."""


@dataclass(frozen=True, eq=False)
class GroundDisconnector(Switch):
    """Objects of class GroundDisconnector."""


@dataclass(frozen=True, eq=False)
class DisconnectingCircuitBreaker(Switch):
    """Objects of class DisconnectingCircuitBreaker."""


@dataclass(frozen=True, eq=False)
class Fuse(Switch):
    """Objects of class Fuse."""


@dataclass(frozen=True, eq=False)
class Jumper(Switch):
    """Objects of class Jumper."""


@dataclass(frozen=True, eq=False)
class Cut(Switch):
    """Objects of class Cut."""


@dataclass(frozen=True, eq=False)
class PowerTransformer(ConductingEquipment):
    """Objects of class PowerTransformer."""


@dataclass(frozen=True, eq=False)
class TransformerEnd(IdentifiedObject):
    """Objects of class TransformerEnd."""

    Terminal: Numbers
    """reference, profile EQ"""

    endNumber: Floats
    """number, profile EQ"""

    BaseVoltage: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class PowerTransformerEnd(TransformerEnd):
    """Objects of class PowerTransformerEnd."""

    PowerTransformer: Numbers
    """reference, profile EQ"""

    r: Floats
    """ohm, profile EQ"""

    x: Floats
    """ohm, profile EQ"""

    g: Floats
    """S, profile EQ"""

    b: Floats
    """S, profile EQ"""

    ratedS: Floats
    """MVA, profile EQ"""

    ratedU: Floats
    """kV, profile EQ"""

    phaseAngleClock: Floats
    """number, profile EQ"""


@dataclass(frozen=True, eq=False)
class TapChanger(IdentifiedObject):
    """Objects of class TapChanger."""

    highStep: Floats
    """number, profile EQ"""

    lowStep: Floats
    """number, profile EQ"""

    neutralStep: Floats
    """number, profile EQ"""

    neutralU: Floats
    """kV, profile EQ"""

    normalStep: Floats
    """number, profile EQ"""

    TapChangerControl: Numbers
    """reference, profile EQ"""

    step: Floats
    """number, profile SSH"""

    controlEnabled: Flags
    """flag, profile SSH"""


@dataclass(frozen=True, eq=False)
class RatioTapChanger(TapChanger):
    """Objects of class RatioTapChanger."""

    TransformerEnd: Numbers
    """reference, profile EQ"""

    stepVoltageIncrement: Floats
    """percent, profile EQ"""

    RatioTapChangerTable: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChanger(TapChanger):
    """Objects of class PhaseTapChanger."""

    TransformerEnd: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerLinear(PhaseTapChanger):
    """Objects of class PhaseTapChangerLinear."""

    stepPhaseShiftIncrement: Floats
    """degree, profile EQ"""

    xMin: Floats
    """ohm, profile EQ"""

    xMax: Floats
    """ohm, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerNonLinear(PhaseTapChanger):
    """Objects of class PhaseTapChangerNonLinear."""

    voltageStepIncrement: Floats
    """percent, profile EQ"""

    xMin: Floats
    """ohm, profile EQ"""

    xMax: Floats
    """ohm, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerSymmetrical(PhaseTapChangerNonLinear):
    """Objects of class PhaseTapChangerSymmetrical."""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerAsymmetrical(PhaseTapChangerNonLinear):
    """Objects of class PhaseTapChangerAsymmetrical."""

    windingConnectionAngle: Floats
    """degree, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerTabular(PhaseTapChanger):
    """Objects of class PhaseTapChangerTabular."""

    PhaseTapChangerTable: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class RatioTapChangerTable(IdentifiedObject):
    """Objects of class RatioTapChangerTable."""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerTable(IdentifiedObject):
    """Objects of class PhaseTapChangerTable."""


@dataclass(frozen=True, eq=False)
class TapChangerTablePoint(Table):
    """Objects of class TapChangerTablePoint."""

    step: Floats
    """number, profile EQ"""

    ratio: Floats
    """number, profile EQ"""

    r: Floats
    """percent, profile EQ"""

    x: Floats
    """percent, profile EQ"""

    g: Floats
    """percent, profile EQ"""

    b: Floats
    """percent, profile EQ"""


@dataclass(frozen=True, eq=False)
class RatioTapChangerTablePoint(TapChangerTablePoint):
    """Objects of class RatioTapChangerTablePoint."""

    RatioTapChangerTable: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class PhaseTapChangerTablePoint(TapChangerTablePoint):
    """Objects of class PhaseTapChangerTablePoint."""

    PhaseTapChangerTable: Numbers
    """reference, profile EQ"""

    angle: Floats
    """degree, profile EQ"""


@dataclass(frozen=True, eq=False)
class RegulatingControl(IdentifiedObject):
    """Objects of class RegulatingControl."""

    Terminal: Numbers
    """reference, profile EQ"""

    mode: Texts
    """enumeration, profile EQ"""

    discrete: Flags
    """flag, profile SSH"""

    enabled: Flags
    """flag, profile SSH"""

    targetValue: Floats
    """number, profile SSH"""

    targetValueUnitMultiplier: Texts
    """enumeration, profile SSH"""


@dataclass(frozen=True, eq=False)
class TapChangerControl(RegulatingControl):
    """Objects of class TapChangerControl."""


@dataclass(frozen=True, eq=False)
class EnergyConsumer(ConductingEquipment):
    """Objects of class EnergyConsumer."""

    LoadResponse: Numbers
    """reference, profile EQ"""

    pfixed: Floats
    """MW, profile EQ"""

    qfixed: Floats
    """MVAr, profile EQ"""

    p: Floats
    """MW, profile SSH"""

    q: Floats
    """MVAr, profile SSH"""


@dataclass(frozen=True, eq=False)
class ConformLoad(EnergyConsumer):
    """Objects of class ConformLoad."""


@dataclass(frozen=True, eq=False)
class NonConformLoad(EnergyConsumer):
    """Objects of class NonConformLoad."""


@dataclass(frozen=True, eq=False)
class StationSupply(EnergyConsumer):
    """Objects of class StationSupply."""


@dataclass(frozen=True, eq=False)
class LoadResponseCharacteristic(IdentifiedObject):
    """Objects of class LoadResponseCharacteristic."""

    exponentModel: Flags
    """flag, profile EQ"""

    pVoltageExponent: Floats
    """number, profile EQ"""

    qVoltageExponent: Floats
    """number, profile EQ"""

    pConstantImpedance: Floats
    """number, profile EQ"""

    pConstantCurrent: Floats
    """number, profile EQ"""

    qConstantImpedance: Floats
    """number, profile EQ"""

    qConstantCurrent: Floats
    """number, profile EQ"""


@dataclass(frozen=True, eq=False)
class EnergySource(ConductingEquipment):
    """Objects of class EnergySource."""

    nominalVoltage: Floats
    """kV, profile EQ"""

    voltageMagnitude: Floats
    """kV, profile EQ"""

    voltageAngle: Floats
    """number, profile EQ"""

    activePower: Floats
    """MW, profile SSH"""

    reactivePower: Floats
    """MVAr, profile SSH"""


@dataclass(frozen=True, eq=False)
class RegulatingCondEq(ConductingEquipment):
    """Objects of class RegulatingCondEq."""

    RegulatingControl: Numbers
    """reference, profile EQ"""

    controlEnabled: Flags
    """flag, profile SSH"""


@dataclass(frozen=True, eq=False)
class RotatingMachine(RegulatingCondEq):
    """Objects of class RotatingMachine."""

    GeneratingUnit: Numbers
    """reference, profile EQ"""

    ratedS: Floats
    """MVA, profile EQ"""

    p: Floats
    """MW, profile SSH"""

    q: Floats
    """MVAr, profile SSH"""


@dataclass(frozen=True, eq=False)
class SynchronousMachine(RotatingMachine):
    """Objects of class SynchronousMachine."""

    maxQ: Floats
    """MVAr, profile EQ"""

    minQ: Floats
    """MVAr, profile EQ"""

    operatingMode: Texts
    """enumeration, profile SSH"""

    referencePriority: Floats
    """number, profile SSH"""


@dataclass(frozen=True, eq=False)
class AsynchronousMachine(RotatingMachine):
    """Objects of class AsynchronousMachine."""


@dataclass(frozen=True, eq=False)
class ExternalNetworkInjection(RegulatingCondEq):
    """Objects of class ExternalNetworkInjection."""

    maxQ: Floats
    """MVAr, profile EQ"""

    minQ: Floats
    """MVAr, profile EQ"""

    p: Floats
    """MW, profile SSH"""

    q: Floats
    """MVAr, profile SSH"""

    referencePriority: Floats
    """number, profile SSH"""


@dataclass(frozen=True, eq=False)
class PowerElectronicsConnection(RegulatingCondEq):
    """Objects of class PowerElectronicsConnection."""

    p: Floats
    """MW, profile SSH"""

    q: Floats
    """MVAr, profile SSH"""


@dataclass(frozen=True, eq=False)
class EquivalentInjection(ConductingEquipment):
    """Objects of class EquivalentInjection."""

    regulationCapability: Flags
    """flag, profile EQ"""

    p: Floats
    """MW, profile SSH"""

    q: Floats
    """MVAr, profile SSH"""

    regulationStatus: Flags
    """flag, profile SSH"""

    regulationTarget: Floats
    """kV, profile SSH"""


@dataclass(frozen=True, eq=False)
class EquivalentShunt(ConductingEquipment):
    """Objects of class EquivalentShunt."""

    b: Floats
    """S, profile EQ"""

    g: Floats
    """S, profile EQ"""


@dataclass(frozen=True, eq=False)
class ShuntCompensator(RegulatingCondEq):
    """Objects of class ShuntCompensator."""

    nomU: Floats
    """kV, profile EQ"""

    maximumSections: Floats
    """number, profile EQ"""

    normalSections: Floats
    """number, profile EQ"""

    sections: Floats
    """number, profile SSH"""


@dataclass(frozen=True, eq=False)
class LinearShuntCompensator(ShuntCompensator):
    """Objects of class LinearShuntCompensator."""

    bPerSection: Floats
    """S, profile EQ"""

    gPerSection: Floats
    """S, profile EQ"""


@dataclass(frozen=True, eq=False)
class NonlinearShuntCompensator(ShuntCompensator):
    """Objects of class NonlinearShuntCompensator."""


@dataclass(frozen=True, eq=False)
class NonlinearShuntCompensatorPoint(Table):
    """Objects of class NonlinearShuntCompensatorPoint."""

    NonlinearShuntCompensator: Numbers
    """reference, profile EQ"""

    sectionNumber: Floats
    """number, profile EQ"""

    b: Floats
    """S, profile EQ"""

    g: Floats
    """S, profile EQ"""


@dataclass(frozen=True, eq=False)
class StaticVarCompensator(RegulatingCondEq):
    """Objects of class StaticVarCompensator."""

    capacitiveRating: Floats
    """number, profile EQ"""

    inductiveRating: Floats
    """number, profile EQ"""

    voltageSetPoint: Floats
    """kV, profile EQ"""

    q: Floats
    """MVAr, profile SSH"""


@dataclass(frozen=True, eq=False)
class GeneratingUnit(Equipment):
    """Objects of class GeneratingUnit."""

    nominalP: Floats
    """MW, profile EQ"""

    initialP: Floats
    """MW, profile EQ"""

    maxOperatingP: Floats
    """MW, profile EQ"""

    minOperatingP: Floats
    """MW, profile EQ"""

    normalPF: Floats
    """number, profile SSH"""


@dataclass(frozen=True, eq=False)
class ThermalGeneratingUnit(GeneratingUnit):
    """Objects of class ThermalGeneratingUnit."""


@dataclass(frozen=True, eq=False)
class HydroGeneratingUnit(GeneratingUnit):
    """Objects of class HydroGeneratingUnit."""


@dataclass(frozen=True, eq=False)
class NuclearGeneratingUnit(GeneratingUnit):
    """Objects of class NuclearGeneratingUnit."""


@dataclass(frozen=True, eq=False)
class WindGeneratingUnit(GeneratingUnit):
    """Objects of class WindGeneratingUnit."""


@dataclass(frozen=True, eq=False)
class SolarGeneratingUnit(GeneratingUnit):
    """Objects of class SolarGeneratingUnit."""


@dataclass(frozen=True, eq=False)
class CsConverter(ConductingEquipment):
    """Objects of class CsConverter."""


@dataclass(frozen=True, eq=False)
class VsConverter(ConductingEquipment):
    """Objects of class VsConverter."""


@dataclass(frozen=True, eq=False)
class OperationalLimitSet(IdentifiedObject):
    """Objects of class OperationalLimitSet."""

    Terminal: Numbers
    """reference, profile EQ"""

    Equipment: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class OperationalLimitType(IdentifiedObject):
    """Objects of class OperationalLimitType."""

    limitType: Texts
    """enumeration, profile EQ"""

    kind: Texts
    """enumeration, profile EQ"""

    direction: Texts
    """enumeration, profile EQ"""

    acceptableDuration: Floats
    """s, profile EQ"""

    isInfiniteDuration: Flags
    """flag, profile EQ"""


@dataclass(frozen=True, eq=False)
class OperationalLimit(IdentifiedObject):
    """Objects of class OperationalLimit."""

    OperationalLimitSet: Numbers
    """reference, profile EQ"""

    OperationalLimitType: Numbers
    """reference, profile EQ"""


@dataclass(frozen=True, eq=False)
class CurrentLimit(OperationalLimit):
    """Objects of class CurrentLimit."""

    value: Floats
    """A, profile EQ"""

    normalValue: Floats
    """A, profile EQ"""


@dataclass(frozen=True, eq=False)
class ApparentPowerLimit(OperationalLimit):
    """Objects of class ApparentPowerLimit."""

    value: Floats
    """MVA, profile EQ"""

    normalValue: Floats
    """MVA, profile EQ"""


@dataclass(frozen=True, eq=False)
class ActivePowerLimit(OperationalLimit):
    """Objects of class ActivePowerLimit."""

    value: Floats
    """MW, profile EQ"""

    normalValue: Floats
    """MW, profile EQ"""


@dataclass(frozen=True, eq=False)
class VoltageLimit(OperationalLimit):
    """Objects of class VoltageLimit."""

    value: Floats
    """kV, profile EQ"""

    normalValue: Floats
    """kV, profile EQ"""


@dataclass(frozen=True, eq=False)
class TopologicalIsland(IdentifiedObject):
    """Objects of class TopologicalIsland."""

    AngleRefTopologicalNode: Numbers
    """reference, profile SV"""


@dataclass(frozen=True, eq=False)
class SvVoltage(Table):
    """Objects of class SvVoltage."""

    TopologicalNode: Numbers
    """reference, profile SV"""

    v: Floats
    """kV, profile SV"""

    angle: Floats
    """degree, profile SV"""


@dataclass(frozen=True, eq=False)
class SvPowerFlow(Table):
    """Objects of class SvPowerFlow."""

    Terminal: Numbers
    """reference, profile SV"""

    p: Floats
    """MW, profile SV"""

    q: Floats
    """MVAr, profile SV"""


@dataclass(frozen=True, eq=False)
class SvInjection(Table):
    """Objects of class SvInjection."""

    TopologicalNode: Numbers
    """reference, profile SV"""

    pInjection: Floats
    """MW, profile SV"""

    qInjection: Floats
    """MVAr, profile SV"""


@dataclass(frozen=True, eq=False)
class SvTapStep(Table):
    """Objects of class SvTapStep."""

    TapChanger: Numbers
    """reference, profile SV"""

    position: Floats
    """number, profile SV"""


@dataclass(frozen=True, eq=False)
class SvShuntCompensatorSections(Table):
    """Objects of class SvShuntCompensatorSections."""

    ShuntCompensator: Numbers
    """reference, profile SV"""

    sections: Floats
    """number, profile SV"""


@dataclass(frozen=True, eq=False)
class SvStatus(Table):
    """Objects of class SvStatus."""

    ConductingEquipment: Numbers
    """reference, profile SV"""

    inService: Flags
    """flag, profile SV"""


@dataclass(frozen=True, eq=False)
class SvSwitch(Table):
    """Objects of class SvSwitch."""

    Switch: Numbers
    """reference, profile SV"""

    open: Flags
    """flag, profile SV"""


CLASSES: dict[str, type[Table]] = {
    "IdentifiedObject": IdentifiedObject,
    "BaseVoltage": BaseVoltage,
    "Substation": Substation,
    "VoltageLevel": VoltageLevel,
    "Bay": Bay,
    "Line": Line,
    "ConnectivityNode": ConnectivityNode,
    "TopologicalNode": TopologicalNode,
    "ACDCTerminal": ACDCTerminal,
    "Terminal": Terminal,
    "Equipment": Equipment,
    "ConductingEquipment": ConductingEquipment,
    "BusbarSection": BusbarSection,
    "Junction": Junction,
    "Ground": Ground,
    "PetersenCoil": PetersenCoil,
    "GroundingImpedance": GroundingImpedance,
    "Conductor": Conductor,
    "ACLineSegment": ACLineSegment,
    "SeriesCompensator": SeriesCompensator,
    "EquivalentBranch": EquivalentBranch,
    "Switch": Switch,
    "Breaker": Breaker,
    "Disconnector": Disconnector,
    "LoadBreakSwitch": LoadBreakSwitch,
    "ProtectedSwitch": ProtectedSwitch,
    "GroundDisconnector": GroundDisconnector,
    "DisconnectingCircuitBreaker": DisconnectingCircuitBreaker,
    "Fuse": Fuse,
    "Jumper": Jumper,
    "Cut": Cut,
    "PowerTransformer": PowerTransformer,
    "TransformerEnd": TransformerEnd,
    "PowerTransformerEnd": PowerTransformerEnd,
    "TapChanger": TapChanger,
    "RatioTapChanger": RatioTapChanger,
    "PhaseTapChanger": PhaseTapChanger,
    "PhaseTapChangerLinear": PhaseTapChangerLinear,
    "PhaseTapChangerNonLinear": PhaseTapChangerNonLinear,
    "PhaseTapChangerSymmetrical": PhaseTapChangerSymmetrical,
    "PhaseTapChangerAsymmetrical": PhaseTapChangerAsymmetrical,
    "PhaseTapChangerTabular": PhaseTapChangerTabular,
    "RatioTapChangerTable": RatioTapChangerTable,
    "PhaseTapChangerTable": PhaseTapChangerTable,
    "TapChangerTablePoint": TapChangerTablePoint,
    "RatioTapChangerTablePoint": RatioTapChangerTablePoint,
    "PhaseTapChangerTablePoint": PhaseTapChangerTablePoint,
    "RegulatingControl": RegulatingControl,
    "TapChangerControl": TapChangerControl,
    "EnergyConsumer": EnergyConsumer,
    "ConformLoad": ConformLoad,
    "NonConformLoad": NonConformLoad,
    "StationSupply": StationSupply,
    "LoadResponseCharacteristic": LoadResponseCharacteristic,
    "EnergySource": EnergySource,
    "RegulatingCondEq": RegulatingCondEq,
    "RotatingMachine": RotatingMachine,
    "SynchronousMachine": SynchronousMachine,
    "AsynchronousMachine": AsynchronousMachine,
    "ExternalNetworkInjection": ExternalNetworkInjection,
    "PowerElectronicsConnection": PowerElectronicsConnection,
    "EquivalentInjection": EquivalentInjection,
    "EquivalentShunt": EquivalentShunt,
    "ShuntCompensator": ShuntCompensator,
    "LinearShuntCompensator": LinearShuntCompensator,
    "NonlinearShuntCompensator": NonlinearShuntCompensator,
    "NonlinearShuntCompensatorPoint": NonlinearShuntCompensatorPoint,
    "StaticVarCompensator": StaticVarCompensator,
    "GeneratingUnit": GeneratingUnit,
    "ThermalGeneratingUnit": ThermalGeneratingUnit,
    "HydroGeneratingUnit": HydroGeneratingUnit,
    "NuclearGeneratingUnit": NuclearGeneratingUnit,
    "WindGeneratingUnit": WindGeneratingUnit,
    "SolarGeneratingUnit": SolarGeneratingUnit,
    "CsConverter": CsConverter,
    "VsConverter": VsConverter,
    "OperationalLimitSet": OperationalLimitSet,
    "OperationalLimitType": OperationalLimitType,
    "OperationalLimit": OperationalLimit,
    "CurrentLimit": CurrentLimit,
    "ApparentPowerLimit": ApparentPowerLimit,
    "ActivePowerLimit": ActivePowerLimit,
    "VoltageLimit": VoltageLimit,
    "TopologicalIsland": TopologicalIsland,
    "SvVoltage": SvVoltage,
    "SvPowerFlow": SvPowerFlow,
    "SvInjection": SvInjection,
    "SvTapStep": SvTapStep,
    "SvShuntCompensatorSections": SvShuntCompensatorSections,
    "SvStatus": SvStatus,
    "SvSwitch": SvSwitch,
}
