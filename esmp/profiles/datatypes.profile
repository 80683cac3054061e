# The data types of the European style market profile (IEC 62325-351), shared by every family.
#
#   type NAME[/VARIANT]  BASE  facet value …  @attribute use CODELIST
#
# BASE is a built-in type of XML Schema (xs:…) or a code list. A family's own "type NAME/VARIANT" line says
# in which of its versions the variant stands for NAME. A pattern on the following, indented lines is one
# expression broken for the eye.

type Amount_Decimal                   xs:decimal               totalDigits 17
type AnalogType_String                AnalogTypeList
type AreaID_String                    xs:string                maxLength 18      @codingScheme required CodingSchemeTypeList
type AttributeValue_String            xs:string                maxLength 150     @codingScheme optional CodingSchemeTypeList
type BusinessKind_String              BusinessTypeList
type CapacityContractKind_String      ContractTypeList
type ClassificationKind_String        ClassificationTypeList
type CurrencyCode_String              CurrencyTypeList
type CurveType_String                 CurveTypeList
type DirectionKind_String             DirectionTypeList
type EnergyProductKind_String         EnergyProductTypeList
type ESMP_DateTime                    xs:dateTime              pattern
  ((([0-9]{4})[\-](0[13578]|1[02])[\-](0[1-9]|[12][0-9]|3[01])
  |([0-9]{4})[\-]((0[469])|(11))[\-](0[1-9]|[12][0-9]|30))T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])Z)|
  (([13579][26][02468][048]|[13579][01345789](0)[48]|[13579][01345789][2468][048]|[02468][048][02468][048]|[02468][1235679](0)[48]|[02468][1235679][2468][048]|[0-9][0-9][13579][26])
  [\-](02)[\-](0[1-9]|1[0-9]|2[0-9])T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])Z)|
  (([13579][26][02468][1235679]|[13579][01345789](0)[01235679]|[13579][01345789][2468][1235679]|[02468][048][02468][1235679]|[02468][1235679](0)[01235679]|[02468][1235679][2468][1235679]|[0-9][0-9][13579][01345789])
  [\-](02)[\-](0[1-9]|1[0-9]|2[0-8])T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])Z)
type ESMP_Float                       xs:float                 pattern ([0-9]*\.?[0-9]*)
type ESMP_Float/pointed               xs:float                 pattern ([0-9]+(\.[0-9]*))
type ESMPBoolean_String               IndicatorTypeList
type ESMPVersion_String               xs:string                pattern [1-9]([0-9]){0,2}
type FlowCommodityOption_String       FlowCommodityOptionTypeList
type ID_String                        xs:string                maxLength 60
type ID_String/35                     xs:string                maxLength 35
type MarketProductKind_String         MarketProductTypeList
type MarketRoleKind_String            RoleTypeList
type MeasurementPointID_String        xs:string                maxLength 60      @codingScheme required CodingSchemeTypeList
type MeasurementPointID_String/35     xs:string                maxLength 35      @codingScheme required CodingSchemeTypeList
type MeasurementUnitKind_String       UnitOfMeasureTypeList
type MessageKind_String               MessageTypeList
type ObjectAggregationKind_String     ObjectAggregationTypeList
type PartyID_String                   xs:string                maxLength 16      @codingScheme required CodingSchemeTypeList
type PayloadId_String                 xs:string                maxLength 150
type PaymentTerms_String              PaymentTermsTypeList
type Position_Integer                 xs:integer               minInclusive 1 maxInclusive 999999
type PriceCategory_String             PriceCategoryTypeList
type PriceDirection_String            PriceDirectionTypeList
type ProcessKind_String               ProcessTypeList
type PsrType_String                   AssetTypeList
type Quality_String                   QualityTypeList
type ReasonCode_String                ReasonCodeTypeList
type ReasonText_String                xs:string                maxLength 512
type ResourceID_String                xs:string                maxLength 60      @codingScheme required CodingSchemeTypeList
type ResourceID_String/18             xs:string                maxLength 18      @codingScheme required CodingSchemeTypeList
type SettlementMethod_String          SettlementMethodTypeList
type Status_String                    StatusTypeList
type Timeframe_String                 TimeframeTypeList
type UnitSymbol                       UnitSymbol
type YMDHM_DateTime                   xs:string                pattern
  ((([0-9]{4})[\-](0[13578]|1[02])[\-](0[1-9]|[12][0-9]|3[01])
  |([0-9]{4})[\-]((0[469])|(11))[\-](0[1-9]|[12][0-9]|30))T(([01][0-9]|2[0-3]):[0-5][0-9])Z)|
  (([13579][26][02468][048]|[13579][01345789](0)[48]|[13579][01345789][2468][048]|[02468][048][02468][048]|[02468][1235679](0)[48]|[02468][1235679][2468][048]|[0-9][0-9][13579][26])
  [\-](02)[\-](0[1-9]|1[0-9]|2[0-9])T(([01][0-9]|2[0-3]):[0-5][0-9])Z)|
  (([13579][26][02468][1235679]|[13579][01345789](0)[01235679]|[13579][01345789][2468][1235679]|[02468][048][02468][1235679]|[02468][1235679](0)[01235679]|[02468][1235679][2468][1235679]|[0-9][0-9][13579][01345789])
  [\-](02)[\-](0[1-9]|1[0-9]|2[0-8])T(([01][0-9]|2[0-3]):[0-5][0-9])Z)

class ESMP_DateTimeInterval
  start  1  YMDHM_DateTime
  end    1  YMDHM_DateTime

class Reason
  code  1  ReasonCode_String
  text  ?  ReasonText_String

class Action_Status
  value  1  Status_String
