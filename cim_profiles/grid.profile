# What is read of CIM grid files (IEC 61970-301, 61970-452, 61970-456; CGMES 2.4.15 and 3.0), class by class.
#
#   unit NAME LOWEST HIGHEST     a number outside of this range is in another unit, and refused
#   Class : Parent
#     attribute  TYPE  PROFILE   TYPE is a unit (a number), text, bool, enum, or -> (a reference)
#
# PROFILE is the profile of CGMES 2.4.15 and 3.0 that has the attribute. What is not here is not read.
unit kV        -3000    3000
unit A             0 1000000
unit MW      -200000  200000
unit MVAr    -200000  200000
unit MVA           0  200000
unit ohm     -1000000 1000000
unit S         -1000    1000
unit degree    -7200    7200
unit percent  -10000   10000
unit s             0  1e12
unit 1         -1e12    1e12

IdentifiedObject
  name                      text    EQ

BaseVoltage : IdentifiedObject
  nominalVoltage            kV      EQ
Substation : IdentifiedObject
VoltageLevel : IdentifiedObject
  BaseVoltage               ->      EQ
  Substation                ->      EQ
  highVoltageLimit          kV      EQ
  lowVoltageLimit           kV      EQ
Bay : IdentifiedObject
  VoltageLevel              ->      EQ
Line : IdentifiedObject
ConnectivityNode : IdentifiedObject
  ConnectivityNodeContainer ->      EQ
  TopologicalNode           ->      TP
TopologicalNode : IdentifiedObject
  BaseVoltage               ->      TP
  ConnectivityNodeContainer ->      TP

ACDCTerminal : IdentifiedObject
  sequenceNumber            1       EQ
  connected                 bool    SSH
Terminal : ACDCTerminal
  ConductingEquipment       ->      EQ
  ConnectivityNode          ->      EQ
  TopologicalNode           ->      TP

Equipment : IdentifiedObject
  EquipmentContainer        ->      EQ
  inService                 bool    SSH
ConductingEquipment : Equipment
  BaseVoltage               ->      EQ
BusbarSection : ConductingEquipment
Junction : ConductingEquipment
Ground : ConductingEquipment
PetersenCoil : ConductingEquipment
GroundingImpedance : ConductingEquipment

Conductor : ConductingEquipment
  length                    1       EQ
ACLineSegment : Conductor
  r                         ohm     EQ
  x                         ohm     EQ
  bch                       S       EQ
  gch                       S       EQ
SeriesCompensator : ConductingEquipment
  r                         ohm     EQ
  x                         ohm     EQ
EquivalentBranch : ConductingEquipment
  r                         ohm     EQ
  x                         ohm     EQ
  r21                       ohm     EQ
  x21                       ohm     EQ

Switch : ConductingEquipment
  normalOpen                bool    EQ
  retained                  bool    EQ
  ratedCurrent              A       EQ
  open                      bool    SSH
Breaker : Switch
Disconnector : Switch
LoadBreakSwitch : Switch
ProtectedSwitch : Switch
GroundDisconnector : Switch
DisconnectingCircuitBreaker : Switch
Fuse : Switch
Jumper : Switch
Cut : Switch

PowerTransformer : ConductingEquipment
TransformerEnd : IdentifiedObject
  Terminal                  ->      EQ
  endNumber                 1       EQ
  BaseVoltage               ->      EQ
PowerTransformerEnd : TransformerEnd
  PowerTransformer          ->      EQ
  r                         ohm     EQ
  x                         ohm     EQ
  g                         S       EQ
  b                         S       EQ
  ratedS                    MVA     EQ
  ratedU                    kV      EQ
  phaseAngleClock           1       EQ
TapChanger : IdentifiedObject
  highStep                  1       EQ
  lowStep                   1       EQ
  neutralStep               1       EQ
  neutralU                  kV      EQ
  normalStep                1       EQ
  TapChangerControl         ->      EQ
  step                      1       SSH
  controlEnabled            bool    SSH
RatioTapChanger : TapChanger
  TransformerEnd            ->      EQ
  stepVoltageIncrement      percent EQ
  RatioTapChangerTable      ->      EQ
PhaseTapChanger : TapChanger
  TransformerEnd            ->      EQ
PhaseTapChangerLinear : PhaseTapChanger
  stepPhaseShiftIncrement   degree  EQ
  xMin                      ohm     EQ
  xMax                      ohm     EQ
PhaseTapChangerNonLinear : PhaseTapChanger
  voltageStepIncrement      percent EQ
  xMin                      ohm     EQ
  xMax                      ohm     EQ
PhaseTapChangerSymmetrical : PhaseTapChangerNonLinear
PhaseTapChangerAsymmetrical : PhaseTapChangerNonLinear
  windingConnectionAngle    degree  EQ
PhaseTapChangerTabular : PhaseTapChanger
  PhaseTapChangerTable      ->      EQ
RatioTapChangerTable : IdentifiedObject
PhaseTapChangerTable : IdentifiedObject
TapChangerTablePoint
  step                      1       EQ
  ratio                     1       EQ
  r                         percent EQ
  x                         percent EQ
  g                         percent EQ
  b                         percent EQ
RatioTapChangerTablePoint : TapChangerTablePoint
  RatioTapChangerTable      ->      EQ
PhaseTapChangerTablePoint : TapChangerTablePoint
  PhaseTapChangerTable      ->      EQ
  angle                     degree  EQ
RegulatingControl : IdentifiedObject
  Terminal                  ->      EQ
  mode                      enum    EQ
  discrete                  bool    SSH
  enabled                   bool    SSH
  targetValue               1       SSH
  targetValueUnitMultiplier enum    SSH
TapChangerControl : RegulatingControl

EnergyConsumer : ConductingEquipment
  LoadResponse              ->      EQ
  pfixed                    MW      EQ
  qfixed                    MVAr    EQ
  p                         MW      SSH
  q                         MVAr    SSH
ConformLoad : EnergyConsumer
NonConformLoad : EnergyConsumer
StationSupply : EnergyConsumer
LoadResponseCharacteristic : IdentifiedObject
  exponentModel             bool    EQ
  pVoltageExponent          1       EQ
  qVoltageExponent          1       EQ
  pConstantImpedance        1       EQ
  pConstantCurrent          1       EQ
  qConstantImpedance        1       EQ
  qConstantCurrent          1       EQ
EnergySource : ConductingEquipment
  nominalVoltage            kV      EQ
  voltageMagnitude          kV      EQ
  voltageAngle              1       EQ
  activePower               MW      SSH
  reactivePower             MVAr    SSH

RegulatingCondEq : ConductingEquipment
  RegulatingControl         ->      EQ
  controlEnabled            bool    SSH
RotatingMachine : RegulatingCondEq
  GeneratingUnit            ->      EQ
  ratedS                    MVA     EQ
  p                         MW      SSH
  q                         MVAr    SSH
SynchronousMachine : RotatingMachine
  maxQ                      MVAr    EQ
  minQ                      MVAr    EQ
  operatingMode             enum    SSH
  referencePriority         1       SSH
AsynchronousMachine : RotatingMachine
ExternalNetworkInjection : RegulatingCondEq
  maxQ                      MVAr    EQ
  minQ                      MVAr    EQ
  p                         MW      SSH
  q                         MVAr    SSH
  referencePriority         1       SSH
PowerElectronicsConnection : RegulatingCondEq
  p                         MW      SSH
  q                         MVAr    SSH
EquivalentInjection : ConductingEquipment
  regulationCapability      bool    EQ
  p                         MW      SSH
  q                         MVAr    SSH
  regulationStatus          bool    SSH
  regulationTarget          kV      SSH
EquivalentShunt : ConductingEquipment
  b                         S       EQ
  g                         S       EQ
ShuntCompensator : RegulatingCondEq
  nomU                      kV      EQ
  maximumSections           1       EQ
  normalSections            1       EQ
  sections                  1       SSH
LinearShuntCompensator : ShuntCompensator
  bPerSection               S       EQ
  gPerSection               S       EQ
NonlinearShuntCompensator : ShuntCompensator
NonlinearShuntCompensatorPoint
  NonlinearShuntCompensator ->      EQ
  sectionNumber             1       EQ
  b                         S       EQ
  g                         S       EQ
StaticVarCompensator : RegulatingCondEq
  capacitiveRating          1       EQ
  inductiveRating           1       EQ
  voltageSetPoint           kV      EQ
  q                         MVAr    SSH
GeneratingUnit : Equipment
  nominalP                  MW      EQ
  initialP                  MW      EQ
  maxOperatingP             MW      EQ
  minOperatingP             MW      EQ
  normalPF                  1       SSH
ThermalGeneratingUnit : GeneratingUnit
HydroGeneratingUnit : GeneratingUnit
NuclearGeneratingUnit : GeneratingUnit
WindGeneratingUnit : GeneratingUnit
SolarGeneratingUnit : GeneratingUnit
CsConverter : ConductingEquipment
VsConverter : ConductingEquipment

OperationalLimitSet : IdentifiedObject
  Terminal                  ->      EQ
  Equipment                 ->      EQ
OperationalLimitType : IdentifiedObject
  limitType                 enum    EQ
  kind                      enum    EQ
  direction                 enum    EQ
  acceptableDuration        s       EQ
  isInfiniteDuration        bool    EQ
OperationalLimit : IdentifiedObject
  OperationalLimitSet       ->      EQ
  OperationalLimitType      ->      EQ
CurrentLimit : OperationalLimit
  value                     A       EQ
  normalValue               A       EQ
ApparentPowerLimit : OperationalLimit
  value                     MVA     EQ
  normalValue               MVA     EQ
ActivePowerLimit : OperationalLimit
  value                     MW      EQ
  normalValue               MW      EQ
VoltageLimit : OperationalLimit
  value                     kV      EQ
  normalValue               kV      EQ

TopologicalIsland : IdentifiedObject
  AngleRefTopologicalNode   ->      SV
SvVoltage
  TopologicalNode           ->      SV
  v                         kV      SV
  angle                     degree  SV
SvPowerFlow
  Terminal                  ->      SV
  p                         MW      SV
  q                         MVAr    SV
SvInjection
  TopologicalNode           ->      SV
  pInjection                MW      SV
  qInjection                MVAr    SV
SvTapStep
  TapChanger                ->      SV
  position                  1       SV
SvShuntCompensatorSections
  ShuntCompensator          ->      SV
  sections                  1       SV
SvStatus
  ConductingEquipment       ->      SV
  inService                 bool    SV
SvSwitch
  Switch                    ->      SV
  open                      bool    SV
